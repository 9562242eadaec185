"""The rows of a CSV file with a line of names, every cell in its column."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from triage.domain.errors import UnusableList

_GZIP = b"\x1f\x8b"


def read_rows(path: Path, *, needed: Iterable[str]) -> list[dict[str, str]]:
    """Read a list of films.

    Args:
        path: CSV in UTF-8, plain or gzipped whatever its name, with or without a byte order
            mark; empty lines are skipped.
        needed: columns that must be there.

    Raises:
        UnusableList: there is no such file, it is damaged or no text in UTF-8, a column is missing
            or has the name of another, or a row has another length than the line of names.
    """
    try:
        lines = list(csv.reader(io.StringIO(_text(path), newline=""), strict=True))
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
        raise UnusableList(f"{path}: damaged, or no CSV text in UTF-8") from error
    except OSError as error:
        raise UnusableList(f"{path}: {(error.strerror or 'unreadable').lower()}") from error
    names = lines[0] if lines else []
    missing = [name for name in needed if name not in names]
    if missing:
        raise UnusableList(f"{path}: column {missing[0]} is missing")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise UnusableList(f"{path}: column {repeated[0]} is there more than once")
    for number, line in enumerate(lines[1:], 2):
        if line and len(line) != len(names):
            raise UnusableList(
                f"{path}: row {number} has {len(line)} fields: {len(names)}, as the line of names"
            )
    return [dict(zip(names, line, strict=True)) for line in lines[1:] if line]


def _text(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    return content.decode("utf-8-sig")
