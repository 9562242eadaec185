"""What the screener is trained on, read from folders, and the limits that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.infer.likeness import SIZE, LikenessNetwork, reduced
from triage.infer.look import look_at
from triage.infer.screener import Limits
from triage.train.distortion import Square
from triage.train.films import WHITE, read_film
from triage.train.labels import film_path, source_of
from triage.train.screener import Material, measured
from triage.train.table import read_rows

_NEEDED = ("file", "patient_id", "split")
_EACH = 10
_LOST_UPRIGHT, _LOST_STRANGE, _LOST_UNEXPLAINED = 0.3, 0.2, 0.1
"""Percent of the held films that each limit refuses; the coarsest measure the fewest."""


@dataclass(frozen=True, slots=True, eq=False)
class Folders:
    """Read films.

    Args:
        material: nine patients of ten, and the drawn pictures.
        held: ``float32`` (N, 64, 64), the films of every tenth patient; limits are set on them.
        sources: data sets and licences.
    """

    material: Material
    held: Square
    sources: tuple[str, ...]


def read_material(folder: Path, *, accepted: Path | None, refused: Path | None) -> Folders:
    """Read the training films that ``labels.csv`` names; all of them are frontal.

    Args:
        folder: holds ``labels.csv``; files are relative to it or to the folder above.
        accepted: folder of PNG drawings that must pass.
        refused: folder of PNG drawings that must not pass.

    Raises:
        UnusableList: the list or a film is missing, or is no gray picture.
    """
    rows = _rows(folder / "labels.csv")
    patients = {name: n for n, name in enumerate(sorted({row["patient_id"] for row in rows}))}
    squares = [_square(film_path(row["file"], folder)) for row in rows]
    is_held = np.array([patients[row["patient_id"]] % _EACH == 0 for row in rows])
    films = np.stack(squares)
    material = Material(films[~is_held], _drawn(accepted), _drawn(refused))
    sources = sorted({source_of(row) for row in rows})
    return Folders(material, np.asarray(films[is_held] / np.float32(WHITE)), tuple(sources))


def limits_of(network: LikenessNetwork, held: Square) -> Limits:
    """Set each limit so that it refuses one, two or three in a thousand held films."""
    found = measured(network, held).astype(np.float64)
    return Limits(
        upright=float(np.percentile(found[:, 0], _LOST_UPRIGHT)),
        strangeness=float(np.percentile(found[:, 3], 100 - _LOST_STRANGE)),
        residual=float(np.percentile(found[:, 4], 100 - _LOST_UNEXPLAINED)),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    rows = [row for row in read_rows(path, needed=_NEEDED) if row["split"] == "train"]
    if len({row["patient_id"] for row in rows}) < _EACH:
        raise UnusableList(f"{path}: films of fewer than {_EACH} patients in train")
    return rows


def _square(path: Path) -> NDArray[np.uint8]:
    square = reduced(look_at(read_film(path)).square[None])[0]
    return np.asarray((square * WHITE).round().numpy(), dtype=np.uint8)


def _drawn(folder: Path | None) -> Square:
    paths: Sequence[Path] = sorted(folder.glob("*.png")) if folder else ()
    squares = [_square(path) for path in paths]
    return np.asarray(np.reshape(squares, (-1, SIZE, SIZE)) / WHITE, dtype=np.float32)
