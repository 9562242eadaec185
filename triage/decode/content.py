"""The bytes of a file, mapped instead of read: most of a film is looked at once.

Lengths inside it can promise no more than it holds.
"""

import io
import mmap
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from triage.decode.refusal import refused
from triage.domain.assessment import RefusalCode

MAX_FILE_BYTES = 512 * 1024 * 1024

_PIXEL_DATA = b"\xe0\x7f\x10\x00"
_LONG_HEADER, _SHORT_HEADER = 12, 8


class Content:
    """An open file of the file system, from its beginning; pydicom reads it like a file.

    Args:
        file: its name and position do not matter; it may be closed afterwards.

    Raises:
        UnassessableFilm: ``TOO_LARGE``, or ``UNREADABLE`` for an empty file.
        OSError: the file cannot be mapped.
    """

    def __init__(self, file: BinaryIO) -> None:
        size = file.seek(0, io.SEEK_END)
        if size > MAX_FILE_BYTES:
            raise refused(RefusalCode.TOO_LARGE, f"The file is larger than {MAX_FILE_BYTES} bytes.")
        if size == 0:
            raise refused(RefusalCode.UNREADABLE, "The file is empty.")
        self._map = mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ)
        self._view = memoryview(self._map)

    def __getitem__(self, part: slice) -> bytes:
        """Copy a part."""
        return self._map[part]

    def read(self, size: int = -1) -> bytes | memoryview:
        """Copy the next bytes; pixel data of a told length are shown where they lie.

        pydicom takes a value as it comes. To copy 15 MB of it took longer than to read the
        whole header.
        """
        begin = self._map.tell()
        if size <= 0 or not self._is_pixel_data(begin, size):
            return self._map.read(size)
        self._map.seek(min(begin + size, len(self._map)))
        return self._view[begin : begin + size]

    def seek(self, offset: int, whence: Literal[0, 1, 2] = 0) -> int:
        """Go to a place of the file.

        Raises:
            ValueError: it lies outside.
        """
        self._map.seek(offset, whence)
        return self._map.tell()

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._map.tell()

    def begin_of(self, array: NDArray[np.generic]) -> int | None:
        """Tell where an array begins in the file; ``None`` for one that is not within it."""
        if not array.flags.c_contiguous:
            return None
        begin = int(array.ctypes.data) - np.frombuffer(self._map, np.uint8).ctypes.data
        return begin if 0 <= begin <= len(self._map) - array.nbytes else None

    def _is_pixel_data(self, begin: int, size: int) -> bool:
        """Say whether a value is (7FE0,0010) of this length (PS3.5 7.1, little endian)."""
        header = self._map[max(0, begin - _LONG_HEADER) : begin]
        if header[-4:] != size.to_bytes(4, "little"):
            return False
        return header[:4] == _PIXEL_DATA or header[-_SHORT_HEADER:-4] == _PIXEL_DATA
