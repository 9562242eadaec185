"""Films between processes: numbers as JSON, arrays in sealed shared memory; never pickles.

What comes from a process that has read a hostile file is believed to be numbers and no more.
"""

import fcntl
import math
import mmap
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from triage.decode.grayscale import Display, Range, Rescale, Shown
from triage.decode.lut import Table
from triage.decode.resample import area
from triage.decode.window import Function, Window
from triage.domain.film import Film, View

LONGEST_MESSAGE = 65536
"""Bytes of JSON between owner and child; tables of any size go with the arrays."""

_CLASSES: dict[object, Callable[..., object]] = {
    kind.__name__: kind
    for kind in (Film, View, Display, Rescale, Range, Shown, Table, Window, Function)
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


def shared(arrays: Sequence[NDArray[np.generic]]) -> tuple[int, list[dict[str, object]]]:
    """Copy arrays into memory that others may map and nobody may change any more.

    Returns:
        The memory's descriptor, and where and what each array is.
    """
    places: list[dict[str, object]] = []
    end = 0
    for array in arrays:
        begin = -(-end // _ALIGNED) * _ALIGNED  # rounded up
        places.append({"begin": begin, "dtype": str(array.dtype), "shape": list(array.shape)})
        end = begin + array.nbytes
    descriptor = os.memfd_create("film", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, max(end, 1))
    # Written, not mapped: to touch 3,700 new pages one by one took longer than to copy them.
    with open(descriptor, "wb", closefd=False) as memory:
        for array, place in zip(arrays, places, strict=True):
            memory.seek(int(str(place["begin"])))
            memory.write(np.ascontiguousarray(array).data)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor, places


def mapped(descriptor: int, places: Sequence[Mapping[str, object]]) -> list[NDArray[np.generic]]:
    """Look at shared arrays, which cannot be written; the descriptor may be closed then.

    Raises:
        LookupError, TypeError, ValueError: the memory is not sealed (its owner could take it
            away again, which kills who looks at it), or holds no such arrays.
    """
    if fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
        raise ValueError("shared memory without seals")
    flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
    memory = mmap.mmap(descriptor, 0, flags=flags, prot=mmap.PROT_READ)
    return [_view(memory, place) for place in places]


def _view(memory: mmap.mmap, place: Mapping[str, object]) -> NDArray[np.generic]:
    dtype, shape, begin = place["dtype"], place["shape"], place["begin"]
    if dtype not in _DTYPES or not isinstance(shape, list) or not isinstance(begin, int):
        raise ValueError("no array of ours")
    flat = np.frombuffer(memory, np.dtype(str(dtype)), math.prod(shape), begin)
    return flat.reshape(shape)
