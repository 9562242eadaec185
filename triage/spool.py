"""Files on disk that survive a crash: written whole and synced, or not there at all."""

import contextlib
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from triage.domain.errors import ConfigurationError

UNFINISHED_AGE_S = 3600.0
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}


class Spool:
    """A folder of immutable files, each named by the SHA-256 of its contents.

    Nothing that a peer sent is ever part of a file name.

    Args:
        folder: created with its 256 sub-folders, readable by this user alone.

    Raises:
        ConfigurationError: the folder cannot be made, or others may read it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        private_folder(folder)
        for number in range(256):
            (folder / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder)

    def path(self, digest: str) -> Path:
        """Return where the file with this digest is, or would be."""
        return self.folder / digest[:2] / f"{digest}.dcm"

    def write(self, chunks: Iterable[bytes]) -> str:
        """Store a file durably and return its digest; writing it again changes nothing.

        The bytes are synced before they get a name, and the name is synced before this
        returns, so that no crash leaves a partial file under its final name.

        Raises:
            OSError: the disk is full or failed; nothing is left under the final name.
        """
        descriptor, unfinished = self._open_unnamed()
        try:
            digest = _write_all(descriptor, chunks)
            os.fsync(descriptor)
            _link(unfinished or f"/proc/self/fd/{descriptor}", self.path(digest))
        finally:
            os.close(descriptor)
            if unfinished is not None:
                Path(unfinished).unlink(missing_ok=True)
        return digest

    def remove(self, digest: str, *, older_than_s: float = 0.0) -> bool:
        """Remove a file that was last stored so long ago; tell whether it has gone."""
        path = self.path(digest)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime > time.time() - older_than_s:
                return False
            path.unlink()
        return True

    def digests(self, *, older_than_s: float) -> Iterator[str]:
        """Yield the digest of every file that was stored at least so many seconds ago."""
        before = time.time() - older_than_s
        for path in self.folder.glob("??/*.dcm"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    yield path.stem

    def sweep_unfinished(self) -> None:
        """Remove what a crash left of files that were never acknowledged."""
        before = time.time() - UNFINISHED_AGE_S
        for path in self.folder.glob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    path.unlink()

    def _open_unnamed(self) -> tuple[int, str | None]:
        try:
            return os.open(self.folder, os.O_TMPFILE | os.O_WRONLY, 0o600), None
        except OSError as error:  # a file system without O_TMPFILE, such as NFS
            if error.errno not in _NO_UNNAMED_FILES:
                raise
        return tempfile.mkstemp(dir=self.folder, suffix=".part")


def private_folder(folder: Path) -> None:
    """Make a folder that only this user reads, or check that it is one.

    Raises:
        ConfigurationError: it cannot be made, or its mode lets others in.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"folder {folder}: {error.strerror}") from error
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        raise ConfigurationError(
            f"folder {folder} has mode {mode:o}: patient data needs 700 (chmod 700 {folder})"
        )


def _write_all(descriptor: int, chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]
    return digest.hexdigest()


def _link(source: str, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            # Only with a folder's descriptor does Python call linkat, which follows /proc.
            os.link(source, path.name, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            os.utime(path)  # it is wanted again: the sweep shall not take it for an orphan
        os.fsync(folder)  # a link is durable only after its directory is
    finally:
        os.close(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
