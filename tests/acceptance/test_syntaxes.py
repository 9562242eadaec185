"""The same film in each transfer syntax, transcoded by DCMTK and GDCM (PS3.5 10, A.4)."""

import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.builders.gray import Recipe
from tests.builders.high_throughput import STREAMS, Stream
from tests.builders.tools import needs
from tests.unit.decode.headers import saved
from triage.decode.film import read
from triage.domain.errors import UnassessableFilm
from triage.infer.input import letterbox

needs_peers = needs("dcmconv", "dcmcrle", "dcmcjpeg", "dcmcjpls", "gdcmconv")

WITHOUT_LOSS = {
    ("dcmconv", "+ti"): ImplicitVRLittleEndian,
    ("dcmconv", "+te"): ExplicitVRLittleEndian,
    ("dcmconv", "+tb"): ExplicitVRBigEndian,
    ("dcmconv", "+td"): DeflatedExplicitVRLittleEndian,
    ("dcmcrle",): RLELossless,
    ("dcmcjpeg", "+el"): JPEGLossless,
    ("dcmcjpeg", "+e1"): JPEGLosslessSV1,
    ("dcmcjpls", "+el"): JPEGLSLossless,
    ("gdcmconv", "--rle"): RLELossless,
    ("gdcmconv", "--jpeg"): JPEGLosslessSV1,
    ("gdcmconv", "--jpegls"): JPEGLSLossless,
    ("gdcmconv", "--j2k"): JPEG2000Lossless,
}
"""Each command and the transfer syntax that it writes."""

WITH_LOSS = (
    (8, ("dcmcjpeg", "+eb"), JPEGBaseline8Bit, 2),
    (12, ("dcmcjpeg", "+ee"), JPEGExtended12Bit, 4),
    (8, ("dcmcjpls", "+en", "+md", "2"), JPEGLSNearLossless, 2),
    (12, ("dcmcjpls", "+en", "+md", "2"), JPEGLSNearLossless, 2),
    (16, ("dcmcjpls", "+en", "+md", "2"), JPEGLSNearLossless, 2),
    (8, ("gdcmconv", "--j2k", "--lossy", "-r", "15"), JPEG2000, 2),
    (12, ("gdcmconv", "--j2k", "--lossy", "-r", "15"), JPEG2000, 2),
)
"""Bits stored, command, transfer syntax, and by how much a stored value may be off."""


def transcoded(command: tuple[str, ...], plain: Path) -> Path:
    """The same film beside the plain one."""
    to = plain.with_name("transcoded")
    subprocess.run((*command, str(plain), str(to)), check=True, capture_output=True)
    return to


def syntax_of(path: Path) -> UID:
    return dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID


def film_of(bits: int, folder: Path, *, signed: bool = False) -> Path:
    """A ramp over all values, without a window."""
    return saved(Recipe(bits, signed).dataset(), folder / "plain")


@needs_peers
@pytest.mark.parametrize("command", WITHOUT_LOSS, ids=" ".join)
@pytest.mark.parametrize(("bits", "signed"), [*product((8, 10, 12, 16), (False, True))])
def test_a_film_transcoded_without_loss_is_the_same(
    bits: int, signed: bool, command: tuple[str, ...], tmp_path: Path
) -> None:
    plain = film_of(bits, tmp_path, signed=signed)
    other = transcoded(command, plain)

    first, second = read(plain), read(other)

    assert syntax_of(other) == WITHOUT_LOSS[command]
    assert np.array_equal(first.stored, second.stored)
    assert bool((letterbox(first, 32)[0] == letterbox(second, 32)[0]).all())


@needs_peers
@pytest.mark.parametrize("command", WITHOUT_LOSS, ids=" ".join)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("told", [10, 11])
def test_values_beyond_the_stored_bits_are_refused_in_every_syntax(
    command: tuple[str, ...], told: int, tmp_path: Path, *, signed: bool
) -> None:
    other = transcoded(command, film_of(12, tmp_path, signed=signed))
    dataset = dcmread(other)
    dataset.BitsStored, dataset.HighBit = told, told - 1
    dataset.save_as(other)

    assert syntax_of(other) == WITHOUT_LOSS[command]
    with pytest.raises(UnassessableFilm, match=f"beside the {told} bits stored"):
        read(other)


@needs_peers
@pytest.mark.parametrize(
    "command",
    [
        ("dcmcjpeg", "+eb"),
        ("dcmcjpeg", "+ee"),
        ("dcmcjpeg", "+e1"),
        ("dcmcjpls", "+el"),
        ("gdcmconv", "--jpegls"),
        ("gdcmconv", "--j2k"),
    ],
    ids=" ".join,
)
def test_a_picture_of_three_components_under_one_sample_is_refused(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    dataset = Recipe(8).dataset()
    one = np.frombuffer(dataset.PixelData, np.uint8)[: dataset.Rows * dataset.Columns]
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "RGB"
    dataset.PixelData = np.repeat(one, 3).tobytes()
    other = transcoded(command, saved(dataset, tmp_path / "plain"))
    header = dcmread(other)
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    del header.PlanarConfiguration
    header.save_as(other)

    with pytest.raises(UnassessableFilm, match="3 components, Samples per Pixel is 1"):
        read(other)


@needs_peers
@pytest.mark.parametrize(("bits", "command", "syntax", "most"), WITH_LOSS, ids=str)
def test_a_film_transcoded_with_loss_is_nearly_the_same(
    bits: int, command: tuple[str, ...], syntax: UID, most: int, tmp_path: Path
) -> None:
    plain = film_of(bits, tmp_path)
    other = transcoded(command, plain)

    off = read(plain).stored.astype(int) - read(other).stored.astype(int)

    assert syntax_of(other) == syntax
    assert int(np.abs(off).max()) <= most


@pytest.mark.parametrize("stream", STREAMS, ids=lambda one: f"{one.syntax.name} {one.bits}")
def test_high_throughput_jpeg_2000_is_read(stream: Stream, tmp_path: Path) -> None:
    found = read(saved(stream.dataset(), tmp_path / "film"))

    off = found.stored.astype(int) - stream.values().astype(int)
    assert int(np.abs(off).max()) <= stream.most_off


@pytest.mark.parametrize("stream", STREAMS, ids=lambda one: f"{one.syntax.name} {one.bits}")
@pytest.mark.parametrize("kept", [40, 150])
def test_high_throughput_jpeg_2000_cut_short_is_unreadable(
    stream: Stream, kept: int, tmp_path: Path
) -> None:
    with pytest.raises(UnassessableFilm, match="cannot be decoded"):
        read(saved(stream.dataset(kept=kept), tmp_path / "film"))


@needs("dcmconv")
@pytest.mark.parametrize("encoding", ["+ti", "+te", "+tb"])
def test_a_film_without_preamble_and_meta_header_is_read(encoding: str, tmp_path: Path) -> None:
    plain = film_of(12, tmp_path)
    bare = transcoded(("dcmconv", "--write-dataset", encoding), plain)

    assert np.array_equal(read(bare).stored, read(plain).stored)


def in_one(dataset: Dataset, stream: bytes) -> None:
    dataset.PixelData = encapsulate([stream], fragments_per_frame=1, has_bot=False)


def in_four(dataset: Dataset, stream: bytes) -> None:
    dataset.PixelData = encapsulate([stream], fragments_per_frame=4, has_bot=False)


def in_four_with_a_table(dataset: Dataset, stream: bytes) -> None:
    dataset.PixelData = encapsulate([stream], fragments_per_frame=4, has_bot=True)


def with_an_extended_table(dataset: Dataset, stream: bytes) -> None:
    dataset.PixelData, offsets, lengths = encapsulate_extended([stream])
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths


@needs_peers
@pytest.mark.parametrize("command", [("dcmcjpeg", "+e1"), ("dcmcjpls", "+el"), ("gdcmconv", "-K")])
@pytest.mark.parametrize("wrap", [in_one, in_four, in_four_with_a_table, with_an_extended_table])
def test_a_frame_is_joined_from_its_fragments(
    wrap: Callable[[Dataset, bytes], None], command: tuple[str, ...], tmp_path: Path
) -> None:
    plain = film_of(12, tmp_path)
    dataset = dcmread(transcoded(command, plain))
    wrap(dataset, next(generate_frames(dataset.PixelData, number_of_frames=1)))

    assert np.array_equal(read(saved(dataset, tmp_path / "wrapped")).stored, read(plain).stored)
