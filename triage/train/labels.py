"""The labelled films of a training folder: read, checked, selected."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.domain.age import years_of
from triage.domain.errors import UnusableList
from triage.domain.findings import read_findings
from triage.domain.labels import CHESTXRAY14, HEADS, LABELS
from triage.domain.marked_box import MarkedBox, marked_box, written_boxes
from triage.train.anatomy import anatomy_of
from triage.train.chestxray14 import is_chestxray14, read_chestxray14
from triage.train.refusals import refuse_copies, refuse_nameless, refuse_same_files
from triage.train.table import read_rows

NEEDED = ("file", "patient_id", "split", *HEADS)
SPLITS = ("train", "val")
TEST = "test"
"""Films of this split are never looked at here."""
HELD = "held"
"""One training patient of ten, set apart to watch the training by."""
WORDS = {"1": 1.0, "0": 0.0, "": None}
ADULT_YEARS = 18
_HELD_OF = 10


@dataclass(frozen=True, slots=True)
class LabelledFilm:
    """One row of ``labels.csv``.

    Args:
        path: the film's file.
        patient: pseudonym that never crosses the splits.
        split: ``train``, ``held`` or ``val``.
        targets: one value per label in the order of ``LABELS``; ``None`` is unknown.
        source: data set and licence, as the row names them.
        collection: who gathered the films, where the row tells; films of one collection were
            often selected by their label.
        normal: whether a second reading by radiologists (``rsna_class``) called it normal.
        original: what published lists call the film.
        anatomy: one value per name in ``ANATOMY``; empty or ``None`` is unknown.
        boxes: that radiologists drew around findings.
    """

    path: Path
    patient: str
    split: str
    targets: tuple[float | None, ...]
    source: str
    collection: str = ""
    normal: bool = False
    original: str = ""
    anatomy: tuple[float | None, ...] = ()
    boxes: tuple[MarkedBox, ...] = ()

    @property
    def known(self) -> bool:
        """Whether some label of it is."""
        return any(target is not None for target in self.targets)


def read_labels(folder: Path) -> tuple[LabelledFilm, ...]:
    """Read the films of adults in ``folder`` of which some label is known.

    Args:
        folder: holds ``labels.csv``; its ``file`` column is relative to the folder or to the
            folder above it. Or ChestX-ray14 in its own layout, see ``train.chestxray14``.

    Returns:
        The films in the order of the file.

    Raises:
        UnusableList: file or column missing, a word, finding or box that is not known, a film
            that is missing, is listed twice, has no patient or is a copy of one of another split,
            a patient in two splits, or a split without films.
    """
    if is_chestxray14(folder):
        return labelled(read_chestxray14(folder), folder)
    return labelled(read_rows(folder / "labels.csv", needed=NEEDED), folder)


def labelled(rows: Sequence[Mapping[str, str]], folder: Path) -> tuple[LabelledFilm, ...]:
    """Make labelled films of rows; as ``read_labels``."""
    refuse_nameless(rows)
    films = tuple(_film(row, folder) for row in rows if adult(row))
    refuse_same_files(film.path for film in films)
    refuse_leakage(films)
    _refuse_copies(films)
    known = tuple(film for film in films if film.split != TEST and film.known)
    _refuse_empty(known)
    return known


def known_labels(films: Sequence[LabelledFilm], labels: Sequence[str]) -> tuple[str, ...]:
    """Keep the labels of which a training and a validation film are known."""
    return tuple(label for label in labels if _known_in(films, label) >= set(SPLITS))


def adult(row: Mapping[str, str]) -> bool:
    """Tell whether a row is of an adult, who alone are assessed; an absent age counts as adult.

    An age with figures that cannot be read is a child's, for safety.

    >>> adult({"age": "1-5y"}), adult({"age": "036M"}), adult({"age": "61"}), adult({})
    (False, False, True, True)
    """
    text = row.get("age") or ""
    return years_of(text) >= ADULT_YEARS or not any(letter.isdigit() for letter in text)


def film_path(name: str, folder: Path) -> Path:
    """Find a film that ``labels.csv`` names, in its folder or in the one above.

    Raises:
        UnusableList: there is no such file.
    """
    for root in (folder, folder.parent):
        if (root / name).is_file():
            return root / name
    raise UnusableList(f"{name}: named in labels.csv of {folder}, but there is no such file")


def source_of(row: Mapping[str, str]) -> str:
    """Name the data set of a film and its licence, as a card lists them."""
    return f"{row.get('dataset') or 'unnamed'}: {row.get('licence') or 'licence unknown'}"


def refuse_leakage(films: Iterable[LabelledFilm]) -> None:
    """Raise ``UnusableList`` where one patient is in two splits."""
    splits: dict[str, dict[str, Path]] = {}
    for film in films:
        split = "train" if film.split == HELD else film.split
        splits.setdefault(film.patient, {}).setdefault(split, film.path)
    both = [list(own.values()) for own in splits.values() if len(own) > 1]
    if both:
        raise UnusableList(
            f"patients in two splits {len(both)}: 0, since one would know them; the first has"
            f" {both[0][0]} and {both[0][1]}"
        )


def _known_in(films: Iterable[LabelledFilm], label: str) -> set[str]:
    place = LABELS.index(label)
    return {film.split for film in films if film.targets[place] is not None}


def _refuse_copies(films: Sequence[LabelledFilm]) -> None:
    fitted, others = ("train", HELD), ("val", TEST)
    refuse_copies(
        [film.path for film in films if film.split in fitted],
        judged=[film.path for film in films if film.split in others],
    )


def _refuse_empty(films: Iterable[LabelledFilm]) -> None:
    splits = {HELD: "train"}
    for split in sorted(set(SPLITS) - {splits.get(film.split, film.split) for film in films}):
        raise UnusableList(f"0 films of adults with a known label in {split}: at least 1")


def _film(row: Mapping[str, str], folder: Path) -> LabelledFilm:
    if row["split"] not in (*SPLITS, TEST):
        raise UnusableList(f"split {row['split']!r} of {row['file']}: one of {(*SPLITS, TEST)}")
    heads = {head: _target(row, head) for head in HEADS}
    return LabelledFilm(
        path=film_path(row["file"], folder),
        patient=row["patient_id"].strip(),
        split=_split(row),
        targets=(*heads.values(), *_findings(row)),
        source=source_of(row),
        collection=row.get("source_repo") or row.get("dataset") or "",
        normal=row.get("rsna_class") == "Normal",
        original=row.get("orig") or Path(row["file"]).name,
        anatomy=anatomy_of(row),
        boxes=tuple(_boxes(row)),
    )


def _split(row: Mapping[str, str]) -> str:
    digest = hashlib.sha256(row["patient_id"].strip().encode()).digest()
    held = row["split"] == "train" and digest[0] % _HELD_OF == 0
    return HELD if held else row["split"]


def _target(row: Mapping[str, str], head: str) -> float | None:
    if row[head] not in WORDS:
        raise UnusableList(f"{head} {row[head]!r} of {row['file']}: 1, 0 or empty")
    return WORDS[row[head]]


def _boxes(row: Mapping[str, str]) -> Iterator[MarkedBox]:
    for source, label, words in written_boxes(row):
        try:
            yield marked_box(words, source=source, label=label)
        except ValueError as error:
            said = f"{source} box {' '.join(words)!r:.60} of {row['file']}"
            raise UnusableList(f"{said}: {error}") from error


def _findings(row: Mapping[str, str]) -> list[float | None]:
    """Read the list of findings; where a head is unknown, so is what the list does not say."""
    heads = (row[head] for head in HEADS)
    found = read_findings(row.get("findings") or "", film=row["file"], heads=heads)
    if found is None:
        return [None] * len(CHESTXRAY14)
    return [float(finding in found) for finding in CHESTXRAY14]
