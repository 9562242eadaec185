"""Pixels and losses of a capture, as they are and as JPEG."""

import subprocess
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLSNearLossless,
)

from tests.builders.tools import complaints, needs
from triage.encode.elements import Fragment
from triage.encode.header import read_source
from triage.encode.image_pixel import describe_losses, describe_pixels
from triage.encode.secondary_capture import Capture
from triage.overlay.compression import to_jpeg

FilmFile = Callable[..., Path]
CaptureOf = Callable[..., Capture]

PICTURE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
LOSSY = {
    "LossyImageCompression": "01",
    "LossyImageCompressionRatio": "15.5",
    "LossyImageCompressionMethod": "ISO_15444_1",
}


def test_pixels_as_they_are_are_rgb_by_pixel() -> None:
    said = describe_pixels(PICTURE, jpeg=None)

    assert (said["Rows"], said["Columns"], said["SamplesPerPixel"]) == (5, 7, 3)
    assert (said["PhotometricInterpretation"], said["PlanarConfiguration"]) == ("RGB", 0)
    assert said["PixelData"] == PICTURE.tobytes()


def test_a_codestream_is_a_fragment_of_luma_and_halved_chroma() -> None:
    said = describe_pixels(PICTURE, jpeg=b"\xff\xd8\xff\xd9")

    assert said["PhotometricInterpretation"] == "YBR_FULL_422"
    assert said["PixelData"] == Fragment(b"\xff\xd8\xff\xd9")


def test_a_film_without_losses_and_a_picture_without_any_say_nothing(film_file: FilmFile) -> None:
    assert describe_losses(read_source(film_file()), ratio=None) == {}


@pytest.mark.parametrize(
    ("syntax", "method"),
    [
        (JPEGBaseline8Bit, "ISO_10918_1"),
        ("1.2.840.10008.1.2.4.51", "ISO_10918_1"),
        (JPEGLSNearLossless, "ISO_14495_1"),
    ],
)
def test_a_loss_that_only_the_syntax_shows_is_told(
    film_file: FilmFile, syntax: str, method: str
) -> None:
    said = describe_losses(read_source(film_file(syntax=syntax)), ratio=None)

    assert said == {"LossyImageCompression": "01", "LossyImageCompressionMethod": method}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEG2000])
def test_a_syntax_that_may_lose_nothing_tells_nothing(film_file: FilmFile, syntax: str) -> None:
    assert describe_losses(read_source(film_file(syntax=syntax)), ratio=None) == {}


def test_the_loss_of_our_own_is_told_with_ratio_and_method(film_file: FilmFile) -> None:
    assert describe_losses(read_source(film_file()), ratio=9.876) == {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "9.88",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }


def test_our_loss_follows_the_films_value_by_value(film_file: FilmFile) -> None:
    said = describe_losses(read_source(film_file(**LOSSY)), ratio=9.876)

    assert said["LossyImageCompressionRatio"] == "15.5\\9.88"
    assert said["LossyImageCompressionMethod"] == "ISO_15444_1\\ISO_10918_1"


@pytest.mark.parametrize("told", [None, ["15.5", "2"]])
def test_ratios_that_do_not_fit_the_films_methods_are_left_empty(
    film_file: FilmFile, told: list[str] | None
) -> None:
    film = film_file(**{**LOSSY, "LossyImageCompressionRatio": told})

    said = describe_losses(read_source(film), ratio=9.876)

    assert said["LossyImageCompressionRatio"] == "\\9.88"
    assert said["LossyImageCompressionMethod"] == "ISO_15444_1\\ISO_10918_1"


@pytest.fixture
def jpeg_of(capture_of: CaptureOf) -> CaptureOf:
    """Encode a picture that grows lighter downwards as JPEG."""
    picture = np.repeat(np.linspace(0, 255, 48).astype(np.uint8), 64 * 3).reshape(48, 64, 3)
    return partial(capture_of, picture=picture, jpeg=to_jpeg(picture, quality=90))


def read(capture: Capture) -> Dataset:
    """Read a capture back, as a PACS would."""
    return dcmread(BytesIO(capture.encoded))


def test_a_jpeg_is_in_one_fragment_and_shows_the_picture(
    film_file: FilmFile, jpeg_of: CaptureOf
) -> None:
    result = read(jpeg_of(film_file()))

    (frame,) = generate_frames(result.PixelData, number_of_frames=1)
    with Image.open(BytesIO(frame)) as image:
        assert (image.height, image.width) == (result.Rows, result.Columns)
    assert result.file_meta.TransferSyntaxUID == JPEGBaseline8Bit


def test_a_jpeg_says_what_it_lost(film_file: FilmFile, jpeg_of: CaptureOf) -> None:
    result = read(jpeg_of(film_file()))

    assert result.LossyImageCompression == "01"
    assert result.LossyImageCompressionRatio > 1
    assert result.LossyImageCompressionMethod == "ISO_10918_1"
    assert result.ImageType == ["DERIVED", "SECONDARY"]


def test_an_odd_codestream_is_padded_behind_its_end(
    film_file: FilmFile, capture_of: CaptureOf
) -> None:
    encoded = capture_of(film_file(), jpeg=b"\xff\xd8odd\xff\xd9").encoded

    begin, end = "ffffffff feff00e000000000 feff00e008000000", "feffdde000000000"
    frame = b"\xff\xd8odd\xff\xd9\0"
    assert encoded.endswith(bytes.fromhex(begin) + frame + bytes.fromhex(end))


@needs("dciodvfy", "dcentvfy")
def test_validators_find_nothing_in_a_jpeg(
    film_file: FilmFile, jpeg_of: CaptureOf, tmp_path: Path
) -> None:
    film, result = film_file(), tmp_path / "capture.dcm"
    result.write_bytes(jpeg_of(film).encoded)

    assert complaints("dciodvfy", "-new", result) == []
    assert complaints("dcentvfy", film, result) == []


@needs("dciodvfy", "dcentvfy")
@pytest.mark.parametrize("ratio", ["15.5", None])
def test_the_validator_misses_the_films_own_method_in_our_syntax_alone(
    film_file: FilmFile, jpeg_of: CaptureOf, tmp_path: Path, ratio: str | None
) -> None:
    film = film_file(**{**LOSSY, "LossyImageCompressionRatio": ratio})
    (tmp_path / "capture.dcm").write_bytes(jpeg_of(film).encoded)

    (line,) = complaints("dciodvfy", "-new", tmp_path / "capture.dcm")

    assert "</LossyImageCompressionMethod(0028,2114)[1]> - method inconsistent" in line


@needs("dcmj2pnm")
def test_another_reader_renders_our_jpeg(
    film_file: FilmFile, jpeg_of: CaptureOf, tmp_path: Path
) -> None:
    result, rendered = tmp_path / "capture.dcm", tmp_path / "rendered.ppm"
    result.write_bytes(jpeg_of(film_file()).encoded)

    subprocess.run(["dcmj2pnm", result, rendered], check=True)

    downwards = np.linspace(0, 255, 48)[:, None, None]
    assert np.abs(np.asarray(Image.open(rendered), float) - downwards).max() < 6
