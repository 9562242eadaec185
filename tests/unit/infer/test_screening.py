import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.tools import BESIDE, needs_films
from tests.unit.infer.films import film
from triage.decode.film import read
from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.infer.look import Look
from triage.infer.screening import Screening

ROTATED = Refusal(RefusalCode.ROTATED, "The film lies on its side.")


def chest(rows: int = 256, columns: int = 256) -> NDArray[np.float32]:
    """A drawn picture with the contrast of a film."""
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return np.asarray(0.5 + 0.4 * np.sin(down / 20) * np.cos(across / 30), np.float32)


def bordered(gray: float, width: int = 60) -> NDArray[np.float32]:
    return np.pad(chest(), width, constant_values=gray)


def faint_in_a_border() -> NDArray[np.float32]:
    return np.pad(chest() * np.float32(0.09) + np.float32(0.4), 60)


def extreme(part: float) -> NDArray[np.float32]:
    """A drawn picture, of which a part in stripes is pure white."""
    pixels = chest(256, 200)
    pixels[:, : round(200 * part)] = np.where(np.arange(256)[:, None] % 25 == 0, 0.5, 1)
    return pixels


def refusal(pixels: NDArray[np.float32]) -> Refusal:
    with pytest.raises(UnassessableFilm) as caught:
        Screening().screen(film(pixels))
    return caught.value.refusal


@pytest.mark.parametrize(
    "pixels",
    [
        chest(),
        chest(128, 200),
        chest(256, 128),
        chest() * 0.12 + 0.4,
        bordered(0),
        bordered(1),
        extreme(0.5),
    ],
    ids=["plain", "small", "narrow", "faint", "black-borders", "white-borders", "half-white"],
)
def test_a_film_within_the_limits_passes(pixels: NDArray[np.float32]) -> None:
    Screening().screen(film(pixels))


@pytest.mark.parametrize(
    ("pixels", "code", "sentence"),
    [
        (chest(127, 200), "size", "The film's shorter side has 127 pixels: at least 128."),
        (chest(257, 128), "aspect", "The film's sides are as 0.498 to 1: at least 0.5 to 1."),
        (chest() * 0.09, "blank", "at least 0.08."),
        (np.ones((200, 200), np.float32), "blank", "span 0.000"),
        (faint_in_a_border(), "blank", "at least 0.08."),
        (np.pad(extreme(0.6), 60), "saturated", "white, at most 50%."),
        (extreme(0.6), "saturated", "of its field are pure black or white, at most 50%."),
    ],
    ids=["small", "narrow", "faint", "constant", "faint-in-black", "white-in-black", "white"],
)
def test_a_film_beyond_a_limit_is_refused(
    pixels: NDArray[np.float32], code: str, sentence: str
) -> None:
    found = refusal(pixels)

    assert found.code == code
    assert sentence in found.sentence


def test_the_network_has_the_last_word() -> None:
    with pytest.raises(UnassessableFilm, match="lies on its side"):
        Screening(lambda _: ROTATED).screen(film(chest()))


def test_the_network_is_not_asked_about_a_film_that_a_plain_gate_refuses() -> None:
    asked: list[Look] = []

    with pytest.raises(UnassessableFilm, match="blank"):
        Screening(asked.append).screen(film(np.zeros((200, 200), np.float32)))

    assert asked == []


def adult_films() -> list[Path]:
    with (BESIDE / "cxr/labels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    return [
        BESIDE / row["file"]
        for row in rows
        if row["dataset"] == "NIH ChestX-ray14" and int(row["age"] or 0) >= 18
    ]


@needs_films
def test_no_plain_gate_refuses_a_real_adult_film() -> None:
    films = adult_films()

    for path in films:
        Screening().screen(read(path))

    assert len(films) > 1000
