"""Words that belong to a patient, and that no log, sentence or door's book may ever show."""

import re
import struct
from collections.abc import Iterable

_IDENTIFYING = re.compile(
    rb"(?:\x10\x00(?:\x10\x00(?:PN)?|\x20\x00(?:LO)?|\x01\x10(?:PN)?|\x00\x40(?:LT)?)"
    rb"|\x08\x00(?:\x50\x00(?:SH)?|\x90\x00(?:PN)?))(..)",
    re.DOTALL,
)
"""Header of a name, an ID, a comment, an accession number, wherever it may stand."""

SHORTEST, LONGEST = 6, 64  # shorter ones, and numbers, are in every log by chance
_LETTER = re.compile(r"[^\W\d_]")


def patient_words(data_sets: Iterable[bytes]) -> set[str]:
    """Return the words in what identifies patients, also where a data set is no data set."""
    return {
        word
        for data_set in data_sets
        for header in _IDENTIFYING.finditer(data_set)
        for word in _words(data_set[header.end() :][: _length(header)])
    }


def _length(header: re.Match[bytes]) -> int:
    return int(struct.unpack("<H", header[1])[0])


def _words(value: bytes) -> list[str]:
    words = re.split(r"[\^=\\\s\0]+", value.decode("latin-1"))
    return [word[:LONGEST] for word in words if len(word) >= SHORTEST and _LETTER.search(word)]
