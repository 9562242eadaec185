import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.film import read
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm


def refusal_of(path: Path) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        read(path)
    return refused.value.refusal.code


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_syntaxes_are_read(tmp_path: Path, syntax: UID) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = syntax

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


def test_without_preamble_and_meta_header_implicit_vr_is_taken(tmp_path: Path) -> None:
    path, dataset = tmp_path / "bare", film()
    del dataset.file_meta
    dataset.save_as(path, implicit_vr=True, little_endian=True)

    assert np.array_equal(read(path).stored, GRADIENT)


@pytest.mark.parametrize("content", [b"", b"garbage", bytes(4096), b"\xff" * 4096, b"DICM" * 99])
def test_garbage_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)

    assert refusal_of(path) is RefusalCode.UNREADABLE


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


def test_a_deflate_bomb_is_refused_under_its_cap(tmp_path: Path) -> None:
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = saved(dataset, tmp_path / "film")
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    chunk = bytes(1024 * 1024)
    bomb = b"".join(deflater.compress(chunk) for _ in range(257)) + deflater.flush()
    path.write_bytes(_meta_of(path) + bomb)

    assert refusal_of(path) is RefusalCode.TOO_LARGE


def test_deep_nesting_is_unreadable(tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")
    nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 6000
    path.write_bytes(_meta_of(path) + nested)

    assert refusal_of(path) is RefusalCode.UNREADABLE


def _meta_of(path: Path) -> bytes:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 140)
    return content[: 144 + int(length)]
