import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.film import MAX_FILE_BYTES, read, same_pixels
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import View

RLE_HEADER = b"\x02\0\0\0\x40\0\0\0"
"""Two segments, the first at byte 64 (PS3.5 G.5)."""


def refusal_of(path: Path) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        read(path)
    return refused.value.refusal.code


def test_a_film_is_read_with_view_spacing_and_pixels(tmp_path: Path) -> None:
    path = saved(film(ImagerPixelSpacing=["0.2", "0.1"]), tmp_path / "film")

    found = read(path)

    assert (found.view, found.spacing_mm, found.notes) == (View.PA, (0.2, 0.1), ())
    assert np.array_equal(found.stored, GRADIENT)


@pytest.mark.parametrize("spacing", [["0", "0"], ["-1", "1"], None])
def test_a_spacing_that_cannot_be_is_none(tmp_path: Path, spacing: list[str] | None) -> None:
    path = saved(film(PixelSpacing=spacing), tmp_path / "film")

    assert read(path).spacing_mm is None


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_pixels_are_those_that_were_compressed(tmp_path: Path, syntax: UID) -> None:
    plain, packed = film(), film()
    packed.compress(syntax, generate_instance_uid=False)

    paths = saved(plain, tmp_path / "plain"), saved(packed, tmp_path / "packed")

    assert same_pixels(*paths)
    assert np.array_equal(read(paths[1]).stored, GRADIENT)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_syntaxes_are_read(tmp_path: Path, syntax: UID) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = syntax

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_big_endian_is_read(tmp_path: Path) -> None:
    dataset = film(GRADIENT.byteswap())
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_without_preamble_and_meta_header_implicit_vr_is_taken(tmp_path: Path) -> None:
    path, dataset = tmp_path / "bare", film()
    del dataset.file_meta
    dataset.save_as(path, implicit_vr=True, little_endian=True)

    assert np.array_equal(read(path).stored, GRADIENT)


def test_what_lies_above_the_stored_bits_is_cleared(tmp_path: Path) -> None:
    path = saved(film(GRADIENT | 0xF000), tmp_path / "overlay")

    assert np.array_equal(read(path).stored, GRADIENT)


def test_a_higher_high_bit_moves_the_stored_bits_down(tmp_path: Path) -> None:
    dataset = film(GRADIENT << 4)
    dataset.HighBit = 15

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_the_sign_of_twelve_bits_is_extended(tmp_path: Path) -> None:
    signed = GRADIENT.astype(np.int16) - 2048
    path = saved(film(signed & 0x0FFF), tmp_path / "film")

    assert np.array_equal(read(path).stored, signed)


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(path, "PNG")

    assert read(path).shape == (8, 8)


@pytest.mark.parametrize("content", [b"", b"garbage", bytes(4096), b"\xff" * 4096, b"DICM" * 99])
def test_garbage_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)

    assert refusal_of(path) is RefusalCode.UNREADABLE


def test_an_absent_file_says_nothing_about_a_film(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


@pytest.mark.parametrize("missing", [1, 100, 8190])
def test_a_film_cut_short_is_unreadable(tmp_path: Path, missing: int) -> None:
    path = saved(film(), tmp_path / "film")
    path.write_bytes(path.read_bytes()[:-missing])

    assert refusal_of(path) is RefusalCode.UNREADABLE


@pytest.mark.parametrize("kept", range(0, 520, 13))
def test_a_film_may_be_cut_anywhere_in_its_header(tmp_path: Path, kept: int) -> None:
    path = saved(film(), tmp_path / "film")
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(UnassessableFilm):
        read(path)


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = UID("1.2.3.4")
    path = tmp_path / "film"
    dataset.save_as(path, implicit_vr=False, little_endian=True)

    with pytest.raises(UnassessableFilm, match=r"'1\.2\.3\.4'") as refused:
        read(path)

    assert refused.value.refusal.code is RefusalCode.TRANSFER_SYNTAX


def test_a_deflate_bomb_is_refused_under_its_cap(tmp_path: Path) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = saved(dataset, tmp_path / "film")
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    chunk = bytes(1024 * 1024)
    bomb = b"".join(deflater.compress(chunk) for _ in range(257)) + deflater.flush()
    path.write_bytes(_meta_of(path) + bomb)

    assert refusal_of(path) is RefusalCode.TOO_LARGE


def test_a_codestream_larger_than_the_header_says_is_refused(tmp_path: Path) -> None:
    dataset = film()
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.Rows = dataset.Columns = 16

    assert refusal_of(saved(dataset, tmp_path / "film")) is RefusalCode.UNREADABLE


@pytest.mark.parametrize("byte", range(64, 68))
def test_broken_rle_gives_other_pixels_or_none(tmp_path: Path, byte: int) -> None:
    dataset = film()
    dataset.compress(RLELossless, generate_instance_uid=False)
    content = bytearray(saved(dataset, tmp_path / "film").read_bytes())
    content[content.index(RLE_HEADER) + byte] ^= 0x03
    (tmp_path / "broken").write_bytes(content)

    assert not same_pixels(tmp_path / "film", tmp_path / "broken")


def test_deep_nesting_is_unreadable(tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")
    nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 6000
    path.write_bytes(_meta_of(path) + nested)

    assert refusal_of(path) is RefusalCode.UNREADABLE


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


def _meta_of(path: Path) -> bytes:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 140)
    return content[: 144 + int(length)]
