"""What every film shows, ill or not: sex, view and age, as targets that cost no reader.

A network that also learns them sees far more films than those whose findings are worth
learning from. The outputs serve training alone and are not exported.
"""

import re
from collections.abc import Mapping

ANATOMY = ("female", "anteroposterior", "age")
"""Names of the outputs, which follow those of the labels."""
_SEXES = {"F": 1.0, "M": 0.0}
_VIEWS = {"AP": 1.0, "PA": 0.0}
_OLDEST = 100.0


def anatomy_of(row: Mapping[str, str]) -> tuple[float | None, ...]:
    """Read sex, view and age of a row of ``labels.csv``.

    Returns:
        A target within [0, 1] per name in ``ANATOMY``; an age is a share of 100 years; ``None``
        where the row does not say.

    >>> anatomy_of({"sex": "F", "view": "PA", "age": "61"}), anatomy_of({"age": "18-40y"})
    ((1.0, 0.0, 0.61), (None, None, None))
    """
    years = re.fullmatch(r"\s*(\d+)\s*", row.get("age") or "")
    age = min(1.0, int(years[1]) / _OLDEST) if years else None
    return _SEXES.get(row.get("sex") or ""), _VIEWS.get(row.get("view") or ""), age
