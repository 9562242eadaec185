"""What a list of films must not hold, besides words that are unknown.

A patient's name never appears in a message, the name of a film does.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from triage.domain.errors import UnusableList


def refuse_nameless(rows: Iterable[Mapping[str, str]]) -> None:
    """Raise where a film has no patient, since nothing keeps its patient out of validation.

    Args:
        rows: with the columns ``file`` and ``patient_id``.

    Raises:
        UnusableList: as above; it counts the films and names the first.
    """
    nameless = [row["file"] for row in rows if not row["patient_id"].strip()]
    if nameless:
        raise UnusableList(
            f"films without patient_id {len(nameless)}: 0; the first is {nameless[0]}"
        )


def refuse_same_files(paths: Iterable[Path]) -> None:
    """Raise where two rows lead to one file, whatever each calls it.

    Raises:
        UnusableList: as above; it counts the files and names the first.
    """
    counts = Counter(path.resolve() for path in paths)
    repeated = [path for path, count in counts.items() if count > 1]
    if repeated:
        raise UnusableList(
            f"films listed more than once {len(repeated)}: 0; the first is {repeated[0]}"
        )


def refuse_copies(trained: Sequence[Path], *, judged: Sequence[Path]) -> None:
    """Raise where a film to judge by is a copy, byte for byte, of one that is trained on.

    Only files that have the size of one on the other side are read. A copy that was encoded
    again is not noticed.

    Args:
        trained: films that weights are fitted to.
        judged: films of the other splits.

    Raises:
        UnusableList: as above; it counts the copies and names the first pair.
    """
    known = {_digest(path): path for path in _of_sizes(trained, like=judged)}
    digests = {path: _digest(path) for path in _of_sizes(judged, like=trained)}
    copies = [(path, known[digest]) for path, digest in digests.items() if digest in known]
    if copies:
        raise UnusableList(
            f"validation films that are copies of training films {len(copies)}: 0;"
            f" the first is {copies[0][0]}, a copy of {copies[0][1]}"
        )


def _of_sizes(paths: Sequence[Path], *, like: Sequence[Path]) -> list[Path]:
    sizes = {path.stat().st_size for path in like}
    return [path for path in paths if path.stat().st_size in sizes]


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()
