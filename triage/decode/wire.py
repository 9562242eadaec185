"""Films between processes: numbers as JSON, arrays in sealed shared memory; never pickles.

What comes from a process that has read a hostile file is believed to be numbers and no more.
Words that lie in the file as they are do not come at all: their place does, and who asked reads
them from the file, which has no secrets from itself. They are read and not mapped, for a file that
is cut short under a map kills who looks at it.
"""

import fcntl
import math
import mmap
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from triage.decode.content import MAX_FILE_BYTES, Content
from triage.decode.grayscale import Display, Range, Rescale, Shown
from triage.decode.lut import Table
from triage.decode.resample import area
from triage.decode.window import Function, Window
from triage.domain.film import Film, View
from triage.domain.origin import Origin, Sex

LONGEST_MESSAGE = 65536
"""Bytes of JSON between owner and child; tables of any size go with the arrays."""

_CLASSES: dict[object, Callable[..., object]] = {
    kind.__name__: kind
    for kind in (Film, View, Origin, Sex, Display, Rescale, Range, Shown, Table, Window, Function)
} | {"area": lambda: area}
_DTYPES = ("uint8", "uint16", "int8", "int16", "float32")
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_ALIGNED = 64


def packed(value: object, arrays: list[NDArray[np.generic]]) -> object:
    """Turn a film, or a part of one, into what JSON can say.

    Args:
        value: an instance of the classes above, a number, a text, or a tuple of these.
        arrays: receives the arrays, in the order in which they are named.
    """
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Enum):
        return {"class": type(value).__name__, "value": value.value}
    if is_dataclass(value):
        parts = {f.name: packed(getattr(value, f.name), arrays) for f in fields(value)}
        return {"class": type(value).__name__, **parts}
    if value is area:
        return {"class": "area"}
    return [packed(part, arrays) for part in value] if isinstance(value, tuple) else value


def unpacked(said: object, arrays: Sequence[NDArray[np.generic]]) -> object:
    """Turn back what ``packed`` made.

    Raises:
        LookupError, TypeError, ValueError: it is nothing that ``packed`` makes.
    """
    if isinstance(said, list):
        return tuple(unpacked(part, arrays) for part in said)
    if not isinstance(said, dict):
        return said
    if "array" in said:
        return arrays[said["array"]]
    parts = {name: unpacked(part, arrays) for name, part in said.items() if name != "class"}
    return _CLASSES[said["class"]](**parts)


def shared(
    arrays: Sequence[NDArray[np.generic]], content: Content | None = None
) -> tuple[int, list[dict[str, object]]]:
    """Copy arrays into memory that others may map and nobody may change any more.

    Args:
        arrays: what ``packed`` has put aside.
        content: the file that both sides have open; arrays within it are not copied.

    Returns:
        The memory's descriptor, and where and what each array is.
    """
    places = [_place(array, content) for array in arrays]
    copied = [pair for pair in zip(arrays, places, strict=True) if "file" not in pair[1]]
    end = 0
    for array, place in copied:
        begin = -(-end // _ALIGNED) * _ALIGNED  # rounded up
        place["begin"] = begin
        end = begin + array.nbytes
    descriptor = os.memfd_create("film", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, max(end, 1))
    # Written, not mapped: to touch 3,700 new pages one by one took longer than to copy them.
    with open(descriptor, "wb", closefd=False) as memory:
        for array, place in copied:
            memory.seek(int(str(place["begin"])))
            memory.write(np.ascontiguousarray(array).data)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor, places


def _place(array: NDArray[np.generic], content: Content | None) -> dict[str, object]:
    """Say what an array is, and where it lies if that is in the file."""
    begin = None if content is None else content.begin_of(array)
    place: dict[str, object] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    return place if begin is None else {"file": begin, **place}


def mapped(
    descriptor: int, places: Sequence[Mapping[str, object]], file: BinaryIO | None = None
) -> list[NDArray[np.generic]]:
    """Look at shared arrays, which cannot be written; the descriptor may be closed then.

    Args:
        descriptor: the memory.
        places: where and what each array is.
        file: the open file in which others lie.

    Raises:
        LookupError, TypeError, ValueError: the memory is not sealed (its owner could take it
            away again, which kills who looks at it), or memory or file hold no such arrays.
        OSError: the file cannot be read.
    """
    if fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
        raise ValueError("shared memory without seals")
    flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
    memory = mmap.mmap(descriptor, 0, flags=flags, prot=mmap.PROT_READ)
    return [
        _view(memory, place) if file is None or "file" not in place else _copy(file, place)
        for place in places
    ]


def _view(memory: mmap.mmap, place: Mapping[str, object]) -> NDArray[np.generic]:
    dtype, shape, begin = _described(place, "begin")
    return np.frombuffer(memory, dtype, math.prod(shape), begin).reshape(shape)


def _copy(file: BinaryIO, place: Mapping[str, object]) -> NDArray[np.generic]:
    """Read an array; no more is asked for than the file holds."""
    dtype, shape, begin = _described(place, "file")
    size = math.prod(shape) * dtype.itemsize
    held = min(os.fstat(file.fileno()).st_size, MAX_FILE_BYTES)
    if min(begin, *shape) < 0 or begin + size > held:
        raise ValueError("no array within the file")
    array = np.empty(shape, dtype)
    if os.preadv(file.fileno(), [array.data], begin) != size:
        raise ValueError("the file was cut short")
    array.flags.writeable = False
    return array


def _described(
    place: Mapping[str, object], where: str
) -> tuple[np.dtype[np.generic], list[int], int]:
    dtype, shape, begin = place["dtype"], place["shape"], place[where]
    if dtype not in _DTYPES or not isinstance(shape, list) or not isinstance(begin, int):
        raise ValueError("no array of ours")
    return np.dtype(str(dtype)), shape, begin
