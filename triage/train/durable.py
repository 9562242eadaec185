"""Files that are replaced as a whole or not at all, also where the power fails."""

import os
from pathlib import Path


def put_in_place(written: Path, path: Path) -> None:
    """Give a file that was written another's name; after a power cut it is one of the two.

    Args:
        written: in the same folder.
        path: its name from now on.
    """
    with written.open("rb") as file:
        os.fsync(file.fileno())  # else the name may be on the disk before what it names
    written.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def replace_text(path: Path, text: str) -> None:
    """Write a text file; it is replaced as a whole or not at all."""
    temporary = path.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    put_in_place(temporary, path)
