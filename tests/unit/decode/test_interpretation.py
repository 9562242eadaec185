import numpy as np
import pytest

from tests.unit.decode.headers import GRADIENT, film
from triage.decode.geometry import geometry
from triage.decode.interpretation import interpreted
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

BYTES = np.arange(256, dtype=np.uint8).reshape(16, 16)
RGB = {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "BitsStored": 8}


def test_a_gray_film_in_colour_is_shown_as_it_is_whatever_its_window() -> None:
    dataset = film(BYTES, WindowCenter="10", WindowWidth="2", **RGB)
    stored, display, notes = interpreted(dataset, np.dstack([BYTES] * 3), geometry(dataset))

    assert np.allclose(display(stored.astype(np.float32)) * 255, BYTES, atol=1e-3)
    assert notes == ("gray film in RGB pixels",)


def test_a_monochrome_film_is_shown_by_its_window() -> None:
    dataset = film(WindowCenter="2048", WindowWidth="4096")
    stored, display, notes = interpreted(dataset, GRADIENT, geometry(dataset))

    assert display(stored.astype(np.float32))[[0, 63], [0, 63]].tolist() == [0, 1]
    assert notes == ()


def test_bits_that_no_value_uses_are_noted() -> None:
    dataset = film(BitsStored=14)

    assert interpreted(dataset, GRADIENT, geometry(dataset))[2] == (
        "values use 12 of 14 bits stored",
    )


@pytest.mark.parametrize(("word", "doubt"), [(None, "absent"), ("MONOCHROME", "unknown")])
def test_a_film_that_does_not_tell_what_is_white_is_taken_for_monochrome2_and_noted(
    word: str | None, doubt: str
) -> None:
    window = {"WindowCenter": "2048", "WindowWidth": "4096"}
    dataset = film(PhotometricInterpretation=word, **window)
    _, display, notes = interpreted(dataset, GRADIENT, geometry(dataset))

    assert display(GRADIENT.astype(np.float32))[[0, 63], [0, 63]].tolist() == [0, 1]
    assert notes == (f"photometric interpretation {doubt}: MONOCHROME2 assumed",)


def test_an_absent_sign_is_noted_of_gray_and_of_clothed_films() -> None:
    plain, clothed = film(), film(BYTES, **RGB)
    del plain.PixelRepresentation, clothed.PixelRepresentation
    note = "pixel representation absent: 0 assumed"

    assert interpreted(plain, GRADIENT, geometry(plain))[2] == (note,)
    assert interpreted(clothed, np.dstack([BYTES] * 3), geometry(clothed))[2][1:] == (note,)


def test_a_monochrome_film_of_three_samples_is_refused() -> None:
    dataset = film(SamplesPerPixel=3)

    with pytest.raises(UnassessableFilm) as refused:
        interpreted(dataset, np.dstack([GRADIENT] * 3), geometry(dataset))

    assert refused.value.refusal.code is RefusalCode.CONTRADICTION
