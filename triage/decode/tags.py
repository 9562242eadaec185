"""Header values of files that may lie: only ``first`` tells unreadable values from absent ones."""

import math
from collections.abc import Iterable, Iterator

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from triage.decode.refusal import FOREIGN


def value(dataset: Dataset, keyword: str) -> object:
    """Return the value of an element, ``None`` where it is absent or cannot be read."""
    try:
        return dataset.get(keyword)
    except FOREIGN:
        return None


def values(dataset: Dataset, keyword: str) -> tuple[object, ...]:
    """Return all values of an element; empty where it is absent, empty or cannot be read."""
    found = value(dataset, keyword)
    if found is None or found == "":
        return ()
    if isinstance(found, MultiValue | list | tuple):
        return tuple(found)
    return (found,)


def text(dataset: Dataset, keyword: str) -> str:
    """Return the first value as text without surrounding spaces and NULs, else ``""``."""
    return next((str(found).strip(" \0\t\r\n") for found in values(dataset, keyword)), "")


def code(dataset: Dataset, keyword: str) -> str:
    """Return the first value of a CS element as it is compared: in capitals."""
    return text(dataset, keyword).upper()


def numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Return the finite numbers among the values of an element."""
    return tuple(_finite(values(dataset, keyword)))


def number(dataset: Dataset, keyword: str) -> float | None:
    """Return the first finite number of an element, ``None`` where there is none."""
    return next(iter(numbers(dataset, keyword)), None)


def first(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value as a number, NaN where it is none, ``None`` where it is absent."""
    found = values(dataset, keyword)
    if not found and _is_unreadable(dataset, keyword):
        return math.nan
    return next(_finite(found[:1]), math.nan) if found else None


def whole(dataset: Dataset, keyword: str, *, default: int) -> int:
    """Return the first value of an element as a whole number, else ``default``."""
    found = number(dataset, keyword)
    return default if found is None else int(found)


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return the items of a sequence; none where it is absent or no sequence."""
    found = value(dataset, keyword)
    return tuple(found) if isinstance(found, Sequence) else ()


def _is_unreadable(dataset: Dataset, keyword: str) -> bool:
    try:
        dataset.get(keyword)
    except FOREIGN:
        return True
    return False


def _finite(found: Iterable[object]) -> Iterator[float]:
    """Convert what converts, and leave out the rest."""
    for one in found:
        try:
            converted = float(str(one))
        except ValueError:
            continue
        if math.isfinite(converted):
            yield converted
