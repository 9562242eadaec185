from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.content import Content
from triage.decode.film import film_in, read


def content_of(path: Path) -> Content:
    with path.open("rb") as file:
        return Content(file)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_plain_pixels_are_looked_at_where_they_lie(tmp_path: Path, syntax: UID) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = content_of(saved(dataset, tmp_path / "film"))

    stored = film_in(content, minimum_age_years=18).stored

    begin = content.begin_of(stored)
    assert begin == (tmp_path / "film").read_bytes().index(GRADIENT.tobytes())
    assert np.array_equal(stored, GRADIENT)


@pytest.mark.parametrize(
    "syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
def test_other_pixels_are_not_within_the_file(tmp_path: Path, syntax: UID) -> None:
    dataset = film(GRADIENT.byteswap() if syntax == ExplicitVRBigEndian else GRADIENT)
    if syntax == RLELossless:
        dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    content = content_of(saved(dataset, tmp_path / "film"))

    stored = film_in(content, minimum_age_years=18).stored

    assert content.begin_of(stored) is None
    assert np.array_equal(stored, GRADIENT)


def test_pixels_that_have_to_be_changed_are_not_within_the_file(tmp_path: Path) -> None:
    content = content_of(saved(film(GRADIENT.astype(np.int16)), tmp_path / "film"))

    assert content.begin_of(film_in(content, minimum_age_years=18).stored) is None


def test_a_part_of_the_pixels_has_no_place_of_its_own(tmp_path: Path) -> None:
    content = content_of(saved(film(), tmp_path / "film"))

    stored = film_in(content, minimum_age_years=18).stored

    assert content.begin_of(stored[:, 1:]) is None


@pytest.mark.parametrize("value", [b"\xe0\x7f\x10\x00" * 4, b"plain"])
def test_what_is_no_pixel_data_is_copied(tmp_path: Path, value: bytes) -> None:
    (tmp_path / "file").write_bytes(b"OW\0\0" + value)
    content = content_of(tmp_path / "file")

    content.seek(4)

    assert content.read(len(value)) == value
    assert content.tell() == 4 + len(value)
    assert isinstance(content[4:8], bytes)


def test_pixel_data_longer_than_the_file_end_with_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xe0\x7f\x10\x00" + (99).to_bytes(4, "little") + b"ab")
    content = content_of(tmp_path / "file")

    content.seek(8)

    assert content.read(99) == b"ab"
    assert content.tell() == 10


def test_a_film_that_was_read_outlives_its_file(tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")
    found = read(path)

    path.write_bytes(b"")

    assert np.array_equal(found.stored, GRADIENT)
