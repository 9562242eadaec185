import errno
import fcntl
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from triage.domain.errors import ConfigurationError
from triage.spool import (
    UNFINISHED_AGE_S,
    Flock,
    Spool,
    digest_of,
    is_whole,
    open_named,
    path_in,
    private_folder,
    stored_files,
)

FILM = b"a whole film"
DIGEST = digest_of(FILM)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def age(file: Path, *, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(file, (moment, moment))


def full_disk() -> Iterator[bytes]:
    yield FILM
    raise OSError(28, "No space left on device")


def files(spool: Spool) -> list[Path]:
    return [path for path in spool.folder.rglob("*") if path.is_file()]


def test_a_file_is_named_by_its_digest(spool: Spool) -> None:
    digest = spool.write([FILM])

    assert digest == DIGEST
    assert spool.path(digest).read_bytes() == FILM


def test_chunks_make_one_file(spool: Spool) -> None:
    digest = spool.write([FILM[:3], b"", FILM[3:]])

    assert digest == DIGEST


def test_a_file_is_readable_by_this_user_alone(spool: Spool) -> None:
    path = spool.path(spool.write([FILM]))

    assert path.stat().st_mode & 0o777 == 0o600


def test_writing_a_file_again_changes_nothing(spool: Spool) -> None:
    first = spool.path(spool.write([FILM])).stat().st_ino

    again = spool.path(spool.write([FILM])).stat().st_ino

    assert again == first
    assert len(files(spool)) == 1


def test_a_file_that_is_written_again_is_young_again(spool: Spool) -> None:
    path = spool.path(spool.write([FILM]))
    age(path, seconds=1000)

    spool.write([FILM])

    assert path.stat().st_mtime > time.time() - 100


def test_a_full_disk_leaves_nothing_under_the_name(spool: Spool) -> None:
    with pytest.raises(OSError, match="No space left"):
        spool.write(full_disk())

    assert files(spool) == []


def test_a_file_system_without_unnamed_files_is_used_all_the_same(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", open_file=open_named)

    digest = spool.write([FILM])

    assert [path.name for path in files(spool)] == [f"{digest}.dcm"]


def test_without_unnamed_files_a_full_disk_leaves_nothing_either(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", open_file=open_named)

    with pytest.raises(OSError, match="No space left"):
        spool.write(full_disk())

    assert files(spool) == []


def test_many_pieces_are_one_file(spool: Spool) -> None:
    unfinished = spool.begin()
    unfinished.write([bytes([number % 256]) for number in range(3000)])

    contents = spool.path(unfinished.keep()).read_bytes()

    assert contents == bytes(number % 256 for number in range(3000))


def named(spool: Spool) -> tuple[int, str | None]:
    name = str(spool.folder / "x.part")
    return os.open(name, os.O_WRONLY | os.O_CREAT, 0o600), name


def test_a_removed_file_has_gone(spool: Spool) -> None:
    digest = spool.write([FILM])

    gone = spool.remove(digest)

    assert gone
    assert not spool.path(digest).exists()


def test_removing_what_has_gone_is_no_error(spool: Spool) -> None:
    gone = spool.remove(DIGEST)

    assert gone


def test_a_young_file_is_not_removed_as_old(spool: Spool) -> None:
    digest = spool.write([FILM])

    gone = spool.remove(digest, older_than_s=60)

    assert not gone
    assert spool.path(digest).exists()


def test_old_files_alone_are_listed(spool: Spool) -> None:
    old, young = spool.write([FILM]), spool.write([b"young"])
    age(spool.path(old), seconds=100)

    listed = list(spool.digests(older_than_s=60))

    assert listed == [old]
    assert young not in listed


def test_what_a_crash_left_is_swept_when_it_is_old(spool: Spool) -> None:
    old, young = spool.folder / "a.part", spool.folder / "b.part"
    old.touch()
    young.touch()
    age(old, seconds=UNFINISHED_AGE_S + 10)

    spool.sweep_unfinished()

    assert files(spool) == [young]


def test_a_finished_file_is_not_swept(spool: Spool) -> None:
    digest = spool.write([FILM])
    age(spool.path(digest), seconds=UNFINISHED_AGE_S + 10)

    spool.sweep_unfinished()

    assert spool.path(digest).exists()


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(ConfigurationError, match="mode 755: patient data needs 700"):
        Spool(folder)


def test_a_new_folder_is_private_whatever_the_mask(tmp_path: Path) -> None:
    private_folder(tmp_path / "data")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="Not a directory"):
        private_folder(tmp_path / "file" / "data")


def synced_by(program: str, folder: Path) -> list[str]:
    """Run a program and return the folders that it syncs."""
    command = ["strace", "-f", "-y", "-e", "trace=fsync", sys.executable, "-c", program]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=True)
    return re.findall(r"fsync\(\d+<(.*)>\)", done.stderr)


OPEN = "import pathlib, sys, triage.spool as s; s.Spool(pathlib.Path(sys.argv[1]))"


@needs("strace")
def test_the_folders_above_a_new_spool_are_durable(tmp_path: Path) -> None:
    synced = synced_by(OPEN, tmp_path / "data" / "spool")

    assert {str(tmp_path), f"{tmp_path}/data", f"{tmp_path}/data/spool"} <= set(synced)


@needs("strace")
def test_the_name_of_a_spool_is_synced_again_after_a_crash(spool: Spool, tmp_path: Path) -> None:
    synced = synced_by(OPEN, spool.folder)

    assert str(tmp_path) in synced


def test_a_spool_is_opened_twice_without_loss(spool: Spool) -> None:
    digest = spool.write([FILM])

    again = Spool(spool.folder)

    assert again.path(digest).read_bytes() == FILM


def unlocked(_folder: int, _how: int) -> None:
    """Lock nothing."""


def unable(_folder: int, _how: int) -> None:
    """Do as a file system without locks."""
    raise OSError(errno.ENOLCK, "No locks available")


def broken(_folder: int, _how: int) -> None:
    """Do as a lock that fails."""
    raise OSError(errno.EIO, "Input/output error")


class TellingLock:
    """Locks as the product does, and tells that somebody has come to the lock."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    def __call__(self, folder: int, how: int) -> None:
        self.reached.set()
        fcntl.flock(folder, how)


def swept_while_it_comes(
    folder: Path, flock: Flock, *, at_the_lock: Callable[[], bool] = lambda: False
) -> Path:
    """Let a film come again between the sweep's look at its age and its deed."""
    path = Spool(folder).path(Spool(folder).write([FILM]))
    age(path, seconds=1000)
    film = threading.Thread(target=Spool(folder, flock=flock).write, args=([FILM],))

    def now() -> float:
        film.start()
        wait_until(lambda: at_the_lock() or not film.is_alive())
        return time.time()

    Spool(folder, clock=now).remove(DIGEST, older_than_s=60)
    film.join(30)
    return path


def test_a_film_that_comes_again_while_it_is_swept_is_there(tmp_path: Path) -> None:
    lock = TellingLock()

    path = swept_while_it_comes(tmp_path / "spool", lock, at_the_lock=lock.reached.is_set)

    assert path.read_bytes() == FILM


def test_without_the_lock_a_film_that_comes_again_is_lost(tmp_path: Path) -> None:
    path = swept_while_it_comes(tmp_path / "spool", unlocked)

    assert not path.exists()


def test_the_sweep_waits_for_a_film_that_is_being_stored(tmp_path: Path) -> None:
    path = Spool(tmp_path / "spool").path(Spool(tmp_path / "spool").write([FILM]))
    age(path, seconds=1000)
    lock = TellingLock()
    sweeping = Spool(tmp_path / "spool", flock=lock)
    removals: list[Future[bool]] = []
    with ThreadPoolExecutor(1) as pool:

        def meet(folder: int, how: int) -> None:
            fcntl.flock(folder, how)
            removals.append(pool.submit(sweeping.remove, DIGEST, older_than_s=60))
            assert lock.reached.wait(30)

        Spool(tmp_path / "spool", flock=meet).write([FILM])

    assert not removals[0].result()
    assert path.exists()


def test_where_nothing_can_be_locked_films_are_stored_and_swept(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", flock=unable)

    digest = spool.write([FILM])

    assert spool.remove(digest)
    assert not spool.path(digest).exists()


def test_a_lock_that_fails_refuses_the_film(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        Spool(tmp_path / "spool", flock=broken).write([FILM])


def test_stored_files_are_found_without_a_spool(tmp_path: Path) -> None:
    assert list(stored_files(tmp_path / "none")) == []

    digest = Spool(tmp_path / "spool").write([b"a film"])

    ((found, stored_s),) = stored_files(tmp_path / "spool")
    path = path_in(tmp_path / "spool", found)
    assert (found, stored_s) == (digest, path.stat().st_mtime)
    assert path.read_bytes() == b"a film"


def test_a_file_is_whole_until_one_bit_of_it_changes(tmp_path: Path) -> None:
    path = path_in(tmp_path / "spool", Spool(tmp_path / "spool").write([b"a film"]))
    assert is_whole(path)

    path.write_bytes(b"a fiim")

    assert not is_whole(path)
