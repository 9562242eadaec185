"""The two kinds of files that ``torch.save`` writes, taken apart without ``torch.load``.

Since torch 1.6 a zip archive::

    <name>/data.pkl         the pickle; it refers to storages by key
    <name>/data/<key>       the numbers of one storage, not compressed
    <name>/byteorder        "little" or absent

before that, and on request since, five pickles and the storages one after the other::

    magic number, protocol, system, the pickle, the keys of the storages
    for each key: how many numbers (int64), the numbers
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.pickled import Storage, read_pickle

LARGEST_BYTES = 1 << 29
"""A DenseNet-121 with the two moments of its optimizer has 84 MB."""
KINDS: dict[str, type[np.generic]] = {
    "DoubleStorage": np.float64,
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "ByteStorage": np.uint8,
    "BoolStorage": np.bool_,
}
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_ZIP = b"PK\x03\x04"
_BROKEN_ZIP = (zipfile.BadZipFile, RuntimeError, EOFError, LookupError, ValueError, struct.error)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A file of ``torch.save``.

    Args:
        value: what was saved, as ``read_pickle`` gives it.
        storages: by key, flat numbers of one of ``KINDS``.
    """

    value: object
    storages: Mapping[str, NDArray[np.generic]]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file of ``torch.save`` and run nothing of it.

    Raises:
        RefusedCheckpoint: there is no such file, it is larger than 512 MiB, none of the two
            kinds, damaged, or its pickle asks for something other than tensors and layers.
    """
    content = _content(path)
    return _from_zip(content) if content.startswith(_ZIP) else _from_pickles(content)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            if size > LARGEST_BYTES:
                raise RefusedCheckpoint(f"{size} bytes: at most {LARGEST_BYTES} are read")
            file.seek(0)
            return file.read(LARGEST_BYTES)
    except OSError as error:
        raise RefusedCheckpoint(str(error.strerror)) from error


def _from_zip(content: bytes) -> Checkpoint:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _from_archive(archive, len(content))
    except _BROKEN_ZIP as error:
        raise RefusedCheckpoint(f"no zip archive that can be read: {error!s:.120}") from error


def _from_archive(archive: zipfile.ZipFile, size: int) -> Checkpoint:
    entries = {entry.filename: entry for entry in archive.infolist()}
    # Entries that are compressed or overlap could claim far more than the file has.
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries.values())
    if not stored or sum(entry.file_size for entry in entries.values()) > size:
        raise RefusedCheckpoint("a zip archive that grows when read: torch.save stores as it is")
    folders = [name.removesuffix("data.pkl") for name in entries if name.endswith("/data.pkl")]
    if len(folders) != 1:
        raise RefusedCheckpoint(f"{len(folders)} files data.pkl in the zip archive: 1 is read")
    order = f"{folders[0]}byteorder"
    _refuse_big_endian(little=order not in entries or archive.read(order) == b"little")
    found = read_pickle(io.BytesIO(archive.read(f"{folders[0]}data.pkl")))
    names = {key: f"{folders[0]}data/{key}" for key in found.storages}
    for key in sorted(key for key in names if names[key] not in entries):
        raise RefusedCheckpoint(f"storage {key!r:.40} is missing")
    numbers = {
        key: _numbers(archive.read(names[key]), storage, 0)
        for key, storage in found.storages.items()
    }
    return Checkpoint(found.value, numbers)


def _from_pickles(content: bytes) -> Checkpoint:
    stream = io.BytesIO(content)
    if (read_pickle(stream).value, read_pickle(stream).value) != (_MAGIC, _PROTOCOL):
        raise RefusedCheckpoint("a pickle, but none that torch.save wrote")
    system = read_pickle(stream).value
    _refuse_big_endian(little=isinstance(system, dict) and system.get("little_endian") is True)
    found, keys = read_pickle(stream), read_pickle(stream).value
    if not isinstance(keys, list) or set(map(str, keys)) != found.storages.keys():
        raise RefusedCheckpoint("the storages are not those that the pickle refers to")
    numbers, offset = {}, stream.tell()
    for key in map(str, keys):
        offset += np.dtype(np.int64).itemsize  # the length stands first, and in the pickle
        numbers[key] = _numbers(content, found.storages[key], offset)
        offset += numbers[key].nbytes
    return Checkpoint(found.value, numbers)


def _refuse_big_endian(*, little: bool) -> None:
    if not little:
        raise RefusedCheckpoint("not written by a little-endian machine")


def _numbers(content: bytes, storage: Storage, offset: int) -> NDArray[np.generic]:
    """Read the numbers of a storage that begin at ``offset``.

    Returns:
        Flat, of the storage's kind, not writable.
    """
    if storage.kind not in KINDS:
        raise RefusedCheckpoint(f"a {storage.kind!r:.40}: one of {', '.join(KINDS)}")
    kind = np.dtype(KINDS[storage.kind]).newbyteorder("<")
    held = (len(content) - offset) // kind.itemsize
    if not 0 <= storage.length <= held:
        raise RefusedCheckpoint(
            f"storage {storage.key!r:.40} has {storage.length} numbers: {held} are in the file"
        )
    return np.frombuffer(content, kind, storage.length, offset)
