import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.unit.decode.headers import GRADIENT, film, header, saved
from triage.decode.film import read
from triage.domain.assessment import RefusalCode
from triage.domain.errors import RejectedInstance, UnassessableFilm
from triage.domain.nesting import MOST_NESTED
from triage.receive.dataset import walk


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


def test_a_sequence_cut_short_is_named(tmp_path: Path) -> None:
    dataset = film()
    del dataset.PixelData
    dataset.RequestAttributesSequence = Sequence([header()])
    path = saved(dataset, tmp_path / "film")
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(UnassessableFilm, match=r"element \(0040,0275\) holds \d+ of \d+ bytes"):
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


def nesting(depth: int, *, is_undefined: bool) -> Dataset:
    """A film with so many sequences within one another."""
    inner = Dataset()
    for _ in range(depth):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([inner])
        outer["ReferencedImageSequence"].is_undefined_length = is_undefined
        inner = outer
    dataset = film()
    dataset.update(inner)
    return dataset


DEEP = pytest.mark.parametrize("is_undefined", [False, True])
SYNTAXES = pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])


@DEEP
@SYNTAXES
def test_sequences_may_be_nested_as_deep_as_the_limit(
    is_undefined: bool, syntax: UID, tmp_path: Path
) -> None:
    dataset = nesting(MOST_NESTED, is_undefined=is_undefined)
    dataset.file_meta.TransferSyntaxUID = syntax

    assert np.array_equal(read(saved(dataset, tmp_path / "film")).stored, GRADIENT)


@DEEP
@SYNTAXES
@pytest.mark.parametrize("depth", [MOST_NESTED + 1, 2 * MOST_NESTED])
def test_sequences_nested_deeper_than_the_limit_are_unreadable(
    depth: int, is_undefined: bool, syntax: UID, tmp_path: Path
) -> None:
    dataset = nesting(depth, is_undefined=is_undefined)
    dataset.file_meta.TransferSyntaxUID = syntax

    with pytest.raises(UnassessableFilm, match="33 sequences or more: at most 32") as refused:
        read(saved(dataset, tmp_path / "film"))

    assert refused.value.refusal.code is RefusalCode.UNREADABLE


def test_the_door_refuses_what_the_decoder_does(tmp_path: Path) -> None:
    dataset = nesting(MOST_NESTED + 1, is_undefined=True)
    elements = walk(ExplicitVRLittleEndian, wanted=frozenset())

    with pytest.raises(RejectedInstance, match="nested deeper than 32"):
        elements.feed(saved(dataset, tmp_path / "film").read_bytes()[132:])


def test_nesting_beyond_what_python_recurses_into_is_refused_alike(tmp_path: Path) -> None:
    path = saved(film(), tmp_path / "film")
    level = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(_meta_of(path) + level * 6000)

    with pytest.raises(UnassessableFilm, match="33 sequences or more: at most 32"):
        read(path)


def test_a_broken_sequence_that_nobody_needs_hurts_nobody(tmp_path: Path) -> None:
    dataset = film()
    dataset.add_new(0x00081140, "OB", b"no items")
    path = saved(dataset, tmp_path / "film")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x08\x00\x40\x11OB", b"\x08\x00\x40\x11SQ"))

    assert np.array_equal(read(path).stored, GRADIENT)


def _meta_of(path: Path) -> bytes:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 140)
    return content[: 144 + int(length)]
