"""JPEG and PNG films as the tensors that a network is trained on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from triage.decode import picture
from triage.domain.errors import ConfigurationError, UnassessableFilm
from triage.domain.film import Film
from triage.infer.input import letterbox
from triage.train.labels import LabelledFilm

WHITE = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Films ready for the loop.

    Args:
        squares: ``uint8`` (N, size, size), letter-boxed, 255 is white.
        targets: ``float32`` (N, labels), 1 present, 0 absent, NaN unknown.
    """

    squares: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.squares)


def read_film(path: Path) -> Film:
    """Read a gray picture in display sense, by the code that serves pictures.

    Raises:
        ConfigurationError: the file is no readable gray picture.
    """
    try:
        return picture.film(path.read_bytes())
    except UnassessableFilm as error:
        raise ConfigurationError(f"{path}: {error}") from error


def load_examples(
    films: Sequence[LabelledFilm], size: int, *, advance: Callable[[], None]
) -> Examples:
    """Decode and letter-box films, by the same code that serves.

    Args:
        films: at least one.
        size: rows and columns of the network's input, in pixels.
        advance: called once per film.

    Returns:
        The films in the order given; 8 bits are kept, which is what the files hold.
    """
    squares = torch.zeros(len(films), size, size, dtype=torch.uint8)
    for row, film in enumerate(films):
        square, _ = letterbox(read_film(film.path), size)
        squares[row] = (square * WHITE).round().to(torch.uint8)
        advance()
    targets = [[float("nan") if t is None else t for t in film.targets] for film in films]
    return Examples(squares, torch.tensor(targets))
