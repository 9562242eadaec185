from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.content import MAX_FILE_BYTES
from triage.decode.film import read, same_pixels
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import View
from triage.domain.origin import Origin, Sex


def refusal_of(path: Path) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        read(path)
    return refused.value.refusal.code


def test_a_film_is_read_with_view_spacing_and_pixels(tmp_path: Path) -> None:
    path = saved(film(ImagerPixelSpacing=["0.2", "0.1"]), tmp_path / "film")

    found = read(path)

    assert (found.view, found.spacing_mm, found.notes) == (View.PA, (0.2, 0.1), ())
    assert np.array_equal(found.stored, GRADIENT)


def test_a_film_tells_what_reports_count_it_by(tmp_path: Path) -> None:
    path = saved(film(Manufacturer="ACME", PatientSex="F"), tmp_path / "film")

    assert read(path).origin == Origin("ACME", Sex.FEMALE, "40-59")


@pytest.mark.parametrize("spacing", [["0", "0"], ["-1", "1"], None])
def test_a_spacing_that_cannot_be_is_none(tmp_path: Path, spacing: list[str] | None) -> None:
    path = saved(film(PixelSpacing=spacing), tmp_path / "film")

    assert read(path).spacing_mm is None


def test_what_lies_above_the_stored_bits_is_cleared(tmp_path: Path) -> None:
    path = saved(film(GRADIENT | 0xF000), tmp_path / "overlay")

    assert np.array_equal(read(path).stored, GRADIENT)


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(path, "PNG")

    assert read(path).shape == (8, 8)


def test_an_absent_file_says_nothing_about_a_film(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


def test_other_pixels_are_not_the_same(tmp_path: Path) -> None:
    first = saved(film(), tmp_path / "first")
    second = saved(film(GRADIENT.T.copy()), tmp_path / "second")

    assert not same_pixels(first, second)


def test_header_values_do_not_make_pixels_different(tmp_path: Path) -> None:
    first = saved(film(), tmp_path / "first")
    second = saved(film(PatientID="2", WindowCenter="1"), tmp_path / "2")

    assert same_pixels(first, second)


def test_the_other_polarity_makes_pixels_different(tmp_path: Path) -> None:
    first = saved(film(), tmp_path / "first")
    second = saved(film(PhotometricInterpretation="MONOCHROME1"), tmp_path / "second")

    assert not same_pixels(first, second)


def test_without_pixels_nothing_differs(tmp_path: Path) -> None:
    bare = film()
    del bare.PixelData
    paths = saved(bare, tmp_path / "first"), saved(bare, tmp_path / "second")

    assert same_pixels(*paths)
    assert not same_pixels(paths[0], saved(film(), tmp_path / "third"))


def test_a_name_in_an_invalid_value_reaches_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(film(PatientBirthDate="Doe^Jane", PatientAge="Doe^Jane"), tmp_path / "film")
    caplog.clear()

    read(path)

    assert "Doe" not in caplog.text


def test_a_file_larger_than_the_cap_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)

    assert refusal_of(path) is RefusalCode.TOO_LARGE


def test_what_is_read_is_rendered_at_the_size_asked_for(tmp_path: Path) -> None:
    found = read(saved(film(), tmp_path / "film"))

    assert found.render((16, 16)).shape == (16, 16)
