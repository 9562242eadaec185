"""Files on disk that survive a crash: written whole and synced, or not there at all."""

import contextlib
import ctypes
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from blake3 import blake3

from triage.domain.errors import ConfigurationError

UNFINISHED_AGE_S = 3600.0
SYNC_STEP = 2 * 1024 * 1024
MOST_PIECES = 512
_LIBC = ctypes.CDLL(None)
_LIBC.sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
_SYNC_FILE_RANGE_WRITE = 2
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL}

OpenFile = Callable[[Path], tuple[int, str | None]]
"""Returns a descriptor, and the name to remove at the end if the file has one."""
Flock = Callable[[int, int], None]
"""Does what ``fcntl.flock`` does."""


class Spool:
    """A folder of immutable files, each named by the BLAKE3 digest of its contents.

    Nothing that a peer sent is ever part of a file name.

    Args:
        folder: created with its 256 sub-folders, readable by this user alone.
        open_file: opens a file that is written before it gets its name.
        flock: locks a sub-folder, so that no file is removed while it is stored again.
        clock: tells the age of a file that is to be removed.

    Raises:
        ConfigurationError: the folder cannot be made, or others may read it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        open_file: OpenFile | None = None,
        flock: Flock = fcntl.flock,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.open_file = open_file or open_unnamed
        self._flock = flock
        self._clock = clock
        private_folder(folder)
        for number in range(256):
            (folder / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder)
        _sync_entry(folder)

    def path(self, digest: str) -> Path:
        """Return where the file with this digest is, or would be."""
        return path_in(self.folder, digest)

    def begin(self) -> "Unfinished":
        """Begin a file that has no name yet.

        Raises:
            OSError: the disk is full or failed.
        """
        return Unfinished(self)

    def write(self, chunks: Iterable[bytes]) -> str:
        """Store a file durably and return its digest; writing it again changes nothing.

        Raises:
            OSError: the disk is full or failed; nothing is left under the final name.
        """
        unfinished = self.begin()
        try:
            for chunk in chunks:
                unfinished.write([chunk])
            return unfinished.keep()
        finally:
            unfinished.discard()

    def remove(self, digest: str, *, older_than_s: float = 0.0) -> bool:
        """Remove a file that was last stored so long ago; tell whether it has gone.

        A film that is stored again at the same time is either young when its age is looked at,
        or is linked anew: its sender is told that it is here, so it may not vanish.
        """
        path = self.path(digest)
        with _opened(path.parent) as folder, contextlib.suppress(FileNotFoundError):
            self._lock(folder)
            if path.stat().st_mtime > self._clock() - older_than_s:
                return False
            path.unlink()
        return True

    def link(self, source: str, digest: str) -> None:
        """Give a file that is synced its name, durably; one that has it already is young again.

        Raises:
            OSError: the disk is full or failed.
        """
        path = self.path(digest)
        with _opened(path.parent) as folder:
            self._lock(folder)
            try:
                # Only with a folder's descriptor does Python call linkat, which follows /proc.
                os.link(source, path.name, dst_dir_fd=folder, follow_symlinks=True)
            except FileExistsError:
                os.utime(path)  # it is wanted again: the sweep shall not take it for an orphan
            self._lock(folder, fcntl.LOCK_UN)  # others need not wait for this disk
            os.fsync(folder)  # a link is durable only after its directory is

    def _lock(self, folder: int, how: int = fcntl.LOCK_EX) -> None:
        """Lock a folder's descriptor until it is closed, where the file system can do that."""
        try:
            self._flock(folder, how)
        except OSError as error:  # some NFS; there the age of a file alone protects it
            if error.errno not in _NO_LOCKS:
                raise

    def digests(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the digest of every file that was stored at least so many seconds ago."""
        before = time.time() - older_than_s
        yield from (digest for digest, at in stored_files(self.folder) if at <= before)

    def sweep_unfinished(self) -> None:
        """Remove what a crash left of files that were never acknowledged."""
        before = time.time() - UNFINISHED_AGE_S
        for path in [*self.folder.glob("*.part"), *self.folder.glob("tmp*.dcm")]:
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    path.unlink()


class Unfinished:
    """A file that is being written; it gets a name when it is whole and synced, or never.

    A crash leaves nothing of it, not even after a power cut: the bytes are synced before they
    get a name, and the name is synced before ``keep`` returns.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._digest = blake3()
        self.bytes = self._synced = 0
        self._descriptor, self._name = spool.open_file(spool.folder)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append pieces.

        Raises:
            OSError: the disk is full or failed.
        """
        for piece in pieces:
            self._digest.update(piece)
        self.bytes += _write_all(self._descriptor, pieces)
        if self.bytes - self._synced >= SYNC_STEP:  # the disk works while the rest comes
            _begin_sync(self._descriptor, self._synced, self.bytes - self._synced)
            self._synced = self.bytes

    def keep(self) -> str:
        """Store the file durably and return its digest, its name.

        Raises:
            OSError: the disk is full or failed; nothing is left under the final name.
        """
        digest = self._digest.hexdigest()
        os.fsync(self._descriptor)
        source = self._name or f"/proc/self/fd/{self._descriptor}"
        self._spool.link(source, digest)
        self.discard()
        return digest

    def discard(self) -> None:
        """Leave nothing behind but what was kept."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        name, self._name = self._name, None
        if name is not None:
            Path(name).unlink(missing_ok=True)


def path_in(folder: Path, digest: str) -> Path:
    """Return where a spool in this folder has the file with this digest, or would have it."""
    return folder / digest[:2] / f"{digest}.dcm"


def stored_files(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield digest and time of storage of each whole file; a folder that is not there has none."""
    for path in folder.glob("??/*.dcm"):
        with contextlib.suppress(FileNotFoundError):
            yield path.stem, path.stat().st_mtime


def is_whole(path: Path) -> bool:
    """Tell whether a file's contents are still those that its name says."""
    contents = blake3()
    with path.open("rb") as file:
        while piece := file.read(SYNC_STEP):
            contents.update(piece)
    return bool(contents.hexdigest() == path.stem)


def digest_of(contents: bytes) -> str:
    """Return the digest by which a file with these contents is named: BLAKE3, in hex."""
    return str(blake3(contents).hexdigest())


def private_folder(folder: Path) -> None:
    """Make a folder that only this user reads, or check that it is one.

    Raises:
        ConfigurationError: it cannot be made, or its mode lets others in.
    """
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in missing:
            _sync_entry(place)
    except OSError as error:
        raise ConfigurationError(f"folder {folder}: {error.strerror}") from error
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        raise ConfigurationError(
            f"folder {folder} has mode {mode:o}: patient data needs 700 (chmod 700 {folder})"
        )


def open_unnamed(folder: Path) -> tuple[int, str | None]:
    """Open a file that has no name and vanishes with its descriptor, where that can be."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600), None
    except OSError as error:  # a file system without O_TMPFILE, such as NFS
        if error.errno not in _NO_UNNAMED_FILES:
            raise
    return open_named(folder)


def open_named(folder: Path) -> tuple[int, str | None]:
    """Open a file under a name that the sweep knows."""
    return tempfile.mkstemp(dir=folder, suffix=".part")


def _write_all(descriptor: int, pieces: Sequence[bytes | memoryview]) -> int:
    total = sum(len(piece) for piece in pieces)
    for begin in range(0, len(pieces), MOST_PIECES):
        part = pieces[begin : begin + MOST_PIECES]
        left = sum(len(piece) for piece in part) - os.writev(descriptor, part)
        if left:  # a signal, or a disk that is nearly full
            _write_rest(descriptor, memoryview(b"".join(part))[-left:])
    return total


def _write_rest(descriptor: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _begin_sync(descriptor: int, begin: int, count: int) -> None:
    """Ask the system to write a range now, without waiting; whether it does is no matter."""
    _LIBC.sync_file_range(descriptor, begin, count, _SYNC_FILE_RANGE_WRITE)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


def _sync_entry(folder: Path) -> None:
    """Make a folder's own name durable, without which nothing in it is found after a power cut."""
    with contextlib.suppress(PermissionError):  # who may not read the parent has not made it
        _sync_folder(folder.parent)
