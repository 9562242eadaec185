"""JPEG and PNG films, and their labels, as the tensors that a network is trained on."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from triage.decode import picture
from triage.domain.errors import UnassessableFilm, UnusableList
from triage.domain.film import Film
from triage.domain.labels import HEADS, LABELS
from triage.infer.input import letterbox
from triage.train.anatomy import ANATOMY
from triage.train.labels import LabelledFilm
from triage.train.marks import Marks, mark
from triage.train.recipe import Normals, Recipe
from triage.train.soft import Predictions

WHITE = 255.0
OPACITIES = HEADS["inflammation"] | {"inflammation"}
"""What a reading as normal speaks against; it was asked for opacities of the lung."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Films ready for the loop.

    Args:
        squares: ``uint8`` (N, size, size), letter-boxed, 255 is white.
        targets: ``float32`` (N, outputs), within [0, 1], NaN unknown.
        normal: ``bool`` (N,), whether a second reading called the film normal.
        marks: where radiologists saw findings, in the same squares.
    """

    squares: Tensor
    targets: Tensor
    normal: Tensor
    marks: Marks

    def __len__(self) -> int:
        return len(self.squares)

    def digest(self) -> str:
        """Return the SHA-256, in hex, of everything that a network is told of these films."""
        told = hashlib.sha256()
        marks = self.marks
        parts = (self.squares, self.targets, self.normal, marks.films, marks.outputs, marks.squares)
        for part in parts:
            told.update(str(tuple(part.shape)).encode())
            told.update(part.contiguous().numpy().data)
        return told.hexdigest()

    def chosen(self, films: Tensor) -> "Examples":
        """Keep some films, by number or by ``bool`` (N,)."""
        numbers = torch.arange(len(self))[films]
        marks = self.marks.of(numbers)
        return Examples(self.squares[films], self.targets[films], self.normal[films], marks)


def read_film(path: Path) -> Film:
    """Read a gray picture in display sense, by the code that serves pictures.

    Raises:
        UnusableList: the file is no readable gray picture.
    """
    try:
        return picture.film(path.read_bytes())
    except UnassessableFilm as error:
        raise UnusableList(f"{path}: {error}") from error


def load_examples(
    films: Sequence[LabelledFilm],
    recipe: Recipe,
    *,
    predictions: Predictions | None = None,
    advance: Callable[[], None],
) -> Examples:
    """Decode and letter-box films, by the same code that serves, and set their targets.

    Args:
        films: in any number.
        recipe: size, labels, and what is made of normal films and predictions.
        predictions: of another network, for some of the films; none for films to judge by.
        advance: called once per film that is decoded.

    Returns:
        The films in the order given, without those that the recipe leaves out; 8 bits are kept,
        which is what the files hold.
    """
    kept = [film for film in films if not (film.normal and recipe.normals is Normals.LEFT_OUT)]
    squares = torch.zeros(len(kept), recipe.pixels, recipe.pixels, dtype=torch.uint8)
    boxes = []
    for row, film in enumerate(kept):
        square, placement = letterbox(read_film(film.path), recipe.pixels)
        boxes.append((film.boxes, placement))
        squares[row] = (square * WHITE).round().to(torch.uint8)
        advance()
    targets = [target_row(film, recipe, predictions or {}) for film in kept]
    wanted = torch.tensor(targets).reshape(len(kept), recipe.outputs)
    normal = torch.tensor([film.normal for film in kept]).bool()
    marks = mark(boxes, recipe.labels, size=recipe.pixels)
    return Examples(squares, wanted, normal, marks)


def target_row(film: LabelledFilm, recipe: Recipe, predictions: Predictions) -> list[float]:
    """Set the targets of one film, in the order of the network's outputs; NaN is unknown.

    A prediction is mixed into a known target, and stands alone where nothing is known.
    """
    shown = film.anatomy or (None,) * len(ANATOMY)
    anatomy = [_known(target, doubted=False) for target in shown] if recipe.anatomy else []
    return _findings(film, recipe, predictions) + anatomy


def _findings(film: LabelledFilm, recipe: Recipe, predictions: Predictions) -> list[float]:
    places = [LABELS.index(label) for label in recipe.labels]
    doubted = OPACITIES if film.normal and recipe.normals is Normals.DOUBTED else frozenset()
    known = [_known(film.targets[place], doubted=LABELS[place] in doubted) for place in places]
    if film.original not in predictions or not recipe.soft:
        return known
    soft = (predictions[film.original][place] for place in places)
    return [
        other if math.isnan(own) else own + recipe.soft * (other - own)
        for own, other in zip(known, soft, strict=True)
    ]


def _known(target: float | None, *, doubted: bool) -> float:
    return math.nan if target is None or (doubted and target > 0) else target
