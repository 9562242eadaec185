from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    RLELossless,
)

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.film import read, same_pixels
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

RLE_HEADER = b"\x02\0\0\0\x40\0\0\0"
"""Two segments, the first at byte 64 (PS3.5 G.5)."""


def refusal_of(path: Path) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        read(path)
    return refused.value.refusal.code


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_pixels_are_those_that_were_compressed(tmp_path: Path, syntax: UID) -> None:
    plain, packed = film(), film()
    packed.compress(syntax, generate_instance_uid=False)

    paths = saved(plain, tmp_path / "plain"), saved(packed, tmp_path / "packed")

    assert same_pixels(*paths)
    assert np.array_equal(read(paths[1]).stored, GRADIENT)


def test_big_endian_is_read(tmp_path: Path) -> None:
    dataset = film(GRADIENT.byteswap())
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_a_higher_high_bit_moves_the_stored_bits_down(tmp_path: Path) -> None:
    dataset = film(GRADIENT << 4)
    dataset.HighBit = 15

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_the_sign_of_twelve_bits_is_extended(tmp_path: Path) -> None:
    signed = GRADIENT.astype(np.int16) - 2048
    path = saved(film(signed & 0x0FFF), tmp_path / "film")

    assert np.array_equal(read(path).stored, signed)


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = UID("1.2.3.4")
    path = tmp_path / "film"
    dataset.save_as(path, implicit_vr=False, little_endian=True)

    with pytest.raises(UnassessableFilm, match=r"'1\.2\.3\.4'") as refused:
        read(path)

    assert refused.value.refusal.code is RefusalCode.TRANSFER_SYNTAX


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
