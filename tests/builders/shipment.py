"""Files as a modality sends them that does not look at what they hold."""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.builders.dataset import IMPLICIT
from tests.builders.studies import CR_STORAGE as CR
from tests.builders.studies import EXPLICIT
from triage.receive.arrival import Inspection
from triage.spool import digest_of

PREAMBLE = 128
MAGIC = b"DICM"
_LONG_FORM = (b"OB", b"OW", b"UN", b"UT", b"SQ")
_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX = 0x0002, 0x0003, 0x0010


@dataclass(frozen=True, slots=True)
class Shipment:
    """A data set, and what the command and the presentation context say of it."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes

    @classmethod
    def of(cls, file: Path) -> Self:
        """Skip preamble and meta information if they can be found; make up what is not there."""
        content = file.read_bytes()
        begin = PREAMBLE + len(MAGIC) if content[PREAMBLE:].startswith(MAGIC) else 0
        meta, begin = _meta(content, begin)
        made_up = f"2.25.{int(hashlib.sha256(content).hexdigest()[:24], 16)}"
        explicit = content[begin + 4 : begin + 6].isalpha()
        return cls(
            meta.get(_SOP_CLASS) or CR,
            meta.get(_SOP_INSTANCE) or made_up,
            meta.get(_TRANSFER_SYNTAX) or (EXPLICIT if explicit else IMPLICIT),
            content[begin:],
        )

    @property
    def digest(self) -> str:
        """The digest of the file that the listener makes of it, if it keeps it."""
        inspection = Inspection(
            sop_class_uid=self.sop_class_uid,
            sop_instance_uid=self.sop_instance_uid,
            transfer_syntax_uid=self.transfer_syntax_uid,
        )
        return digest_of(inspection.header + self.data_set)


def _meta(content: bytes, place: int) -> tuple[dict[int, str], int]:
    """Read group 0002 as far as it goes; return its values and where the data set begins."""
    found: dict[int, str] = {}
    while content[place : place + 2] == b"\2\0" and len(content) - place >= 12:
        element, vr, length = struct.unpack_from("<2xH2sH", content, place)
        place += 8
        if vr in _LONG_FORM:
            (length,) = struct.unpack_from("<I", content, place)
            place += 4
        found[element] = content[place : place + length].decode("latin-1").strip("\0 ")
        place += length
    return found, min(place, len(content))
