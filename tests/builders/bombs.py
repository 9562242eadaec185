"""Small files that unfold to large ones, or that would if they were believed."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.unit.decode.headers import film, saved

SIDE = 12_000
GIB = 1 << 30
_META_LENGTH_END = 144


def _frame_bomb(path: Path, syntax: UID, frame: bytes, *, side: int) -> Path:
    """Write a film whose header and frame both tell of a huge picture."""
    small = film(np.zeros((64, 64), np.uint8), BitsStored=8)
    small.Rows = small.Columns = side
    small.PixelData = encapsulate([frame])
    small["PixelData"].VR = "OB"
    small.file_meta.TransferSyntaxUID = syntax
    return saved(small, path)


def rle_bomb(path: Path) -> Path:
    """144 million pixels in 2 MB."""
    runs = SIDE * SIDE // 128 + 1
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * runs
    return _frame_bomb(path, RLELossless, frame, side=SIDE)


def jpeg_bomb(path: Path) -> Path:
    """A baseline JPEG of 65535 x 65535 with nothing behind its header."""
    header = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 65535, 65535, 1) + b"\1\x11\0"
    return _frame_bomb(path, JPEGBaseline8Bit, header + bytes(1000), side=65535)


def jpeg_ls_bomb(path: Path) -> Path:
    """The same as JPEG-LS, and a header that denies it."""
    header = b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 11, 8, 65535, 65535, 1) + b"\1\x11\0"
    return _frame_bomb(path, JPEGLSLossless, header + bytes(1000), side=64)


def jpeg_2000_bomb(path: Path) -> Path:
    """A JPEG 2000 codestream of 60000 x 60000, and a header that denies it."""
    size = struct.pack(">HHIIIIIIIIH", 41, 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1)
    return _frame_bomb(
        path, JPEG2000Lossless, b"\xff\x4f\xff\x51" + size + b"\7\1\1" + bytes(1000), side=64
    )


def deflate_bomb(path: Path) -> Path:
    """1 GiB in 1 MB."""
    head = _meta(path, DeflatedExplicitVRLittleEndian)
    deflater, chunk = zlib.compressobj(wbits=-zlib.MAX_WBITS), bytes(1 << 20)
    body = b"".join(deflater.compress(chunk) for _ in range(GIB >> 20)) + deflater.flush()
    path.write_bytes(head + body)
    return path


def nested(path: Path, *, depth: int = 6000) -> Path:
    """Sequences within sequences, none of them closed."""
    level = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(_meta(path) + level * depth)
    return path


def many_elements(path: Path, *, count: int = 1_000_000) -> Path:
    """A film behind a million private elements."""
    head = _meta(path)
    body = path.read_bytes()[len(head) :]
    element = b"\x09\x00\x01\x10UN\0\0\0\0\0\0"
    path.write_bytes(head + element * count + body)
    return path


def executable(path: Path) -> Path:
    """A film whose preamble makes it a Windows program as well."""
    return as_program(saved(film(), path), path)


def as_program(source: Path, path: Path) -> Path:
    """Copy a film, and make its preamble that of a Windows program."""
    content = source.read_bytes()
    path.write_bytes(b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + content[68:])
    return path


BOMBS: dict[str, Callable[[Path], Path]] = {
    "RLE": rle_bomb,
    "JPEG": jpeg_bomb,
    "JPEG-LS": jpeg_ls_bomb,
    "JPEG 2000": jpeg_2000_bomb,
    "deflate": deflate_bomb,
    "nesting": nested,
}

HOSTILE = BOMBS | {"elements": many_elements, "program": executable}
"""Bombs, and what is no bomb and hurts whoever reads it without care."""


def _meta(path: Path, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """Write a film and return its preamble and file meta information."""
    dataset = film()
    dataset.file_meta.TransferSyntaxUID = syntax
    content = saved(dataset, path).read_bytes()
    (length,) = struct.unpack_from("<I", content, _META_LENGTH_END - 4)
    return content[: _META_LENGTH_END + int(length)]
