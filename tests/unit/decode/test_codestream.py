import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000Lossless

from tests.unit.decode.headers import GRADIENT, film
from triage.decode import codestream


def test_the_size_of_a_jpeg_is_read_from_its_frame_header() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((30, 50), np.uint8)).save(file, "JPEG")

    assert codestream.size(file.getvalue()) == (30, 50)


def test_the_size_of_a_jpeg_2000_is_read_from_its_first_segment() -> None:
    dataset = film()
    dataset.compress(JPEG2000Lossless)

    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))

    assert codestream.size(frame) == (64, 64)


def test_the_precision_of_a_jpeg_says_nothing_of_a_sign() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((30, 50), np.uint8)).save(file, "JPEG")

    assert codestream.precision(file.getvalue()) == codestream.Precision(1, 8, signed=None)


@pytest.mark.parametrize("kind", [np.uint16, np.int16])
def test_the_precision_of_a_jpeg_2000_has_a_sign(kind: type[np.integer[Any]]) -> None:
    dataset = film((GRADIENT // 2).astype(kind))
    dataset.compress(JPEG2000Lossless)

    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))

    assert codestream.precision(frame) == codestream.Precision(1, 12, signed=kind is np.int16)


def test_components_are_counted_in_a_jpeg() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(file, "JPEG")

    assert codestream.precision(file.getvalue()) == codestream.Precision(3, 8, signed=None)


def test_components_are_counted_in_a_jpeg_2000() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(file, "JPEG2000")

    assert codestream.precision(file.getvalue()) == codestream.Precision(3, 8, signed=False)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00", b"\xff\x4f\xff\x51", b"RLE"],
)
def test_what_is_cut_short_or_something_else_has_no_size_and_no_precision(data: bytes) -> None:
    assert codestream.size(data) is None
    assert codestream.precision(data) is None
