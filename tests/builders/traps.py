"""Pickles that run code where somebody loads them plainly."""

import contextlib
import io
import os
from pathlib import Path

import torch


class Trap:
    """Something that makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def spring(content: bytes) -> None:
    """Load a pickle plainly, as torch does unless told otherwise: what it names is called."""
    with contextlib.suppress(RuntimeError):  # afterwards it misses its magic number
        torch.load(io.BytesIO(content), weights_only=False)


def named(name: str) -> bytes:
    """Write a pickle that names something and does no more."""
    module, _, last = name.rpartition(".")
    return f"\x80\x02c{module}\n{last}\n.".encode("latin-1")
