"""Disks of a few bytes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Path]:
    """Mount a small disk; skip loudly where this user may not."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("MOUNTING A SMALL DISK IS NOT ALLOWED HERE")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free_bytes(disk: Path) -> int:
    """Return how much is free."""
    state = os.statvfs(disk)
    return state.f_bavail * state.f_frsize


def fill(disk: Path, *, but: int) -> Path:
    """Write a file that leaves so many bytes free, and return it."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(free_bytes(disk) - but, 0)))
    return filler
