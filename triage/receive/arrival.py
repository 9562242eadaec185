"""What a C-STORE request brought: checked against its command, and named."""

import hashlib
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydicom.config import IGNORE
from pydicom.uid import UID

from triage.domain.errors import RejectedInstance
from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.receive.dataset import Walk, walk

META = 0x0002
MISMATCH = 0xA900
NOT_STORAGE = 0x0122

SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018
MODALITY = 0x00080060
STUDY, SERIES = 0x0020000D, 0x0020000E
WANTED = frozenset({SOP_CLASS, SOP_INSTANCE, MODALITY, STUDY, SERIES})
_SERVICES = "1.2.840.10008.1."  # Verification, Storage Commitment, media directories
_UID_FORM = re.compile(r"[0-9.]{1,64}")
_MODALITY_FORM = re.compile(r"[A-Z0-9_ ]{1,16}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole data set that is what its command says; identifiers only, no patient attribute."""

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str | None
    modality: str | None
    transfer_syntax_uid: str


class Inspection:
    """A data set that is checked against its C-STORE command while it comes (PS3.4 B.2.3).

    Args:
        sop_class_uid, sop_instance_uid: of the command.
        transfer_syntax_uid: of the accepted presentation context.
        begin_walk: over the data set, as ``walk``.

    Raises:
        RejectedInstance: 0x0122, the SOP class is no storage class.
    """

    def __init__(
        self,
        *,
        sop_class_uid: str,
        sop_instance_uid: str,
        transfer_syntax_uid: str,
        begin_walk: Callable[..., Walk] = walk,
    ) -> None:
        if not is_storage(sop_class_uid):
            sentence = f"SOP class {self._shown(sop_class_uid)} is no storage"
            raise RejectedInstance(NOT_STORAGE, sentence)
        self.header = part10_header(
            sop_class_uid=sop_class_uid,
            sop_instance_uid=_valid(sop_instance_uid),
            transfer_syntax_uid=transfer_syntax_uid,
        )
        self._sop_class_uid = sop_class_uid
        self._sop_instance_uid = sop_instance_uid
        self._transfer_syntax_uid = transfer_syntax_uid
        self._walk = begin_walk(transfer_syntax_uid, wanted=WANTED)
        self.feed = self._walk.feed

    def finish(self) -> Arrival:
        """Name what came.

        A malformed SOP or Study Instance UID, or a missing one, is replaced by a UID derived
        from it, so that the film is kept and told apart; the file keeps what was sent.

        Raises:
            RejectedInstance: 0xA900 the data set contradicts the command, 0xC000 it is not whole.
        """
        found = self._walk.finish()
        self._match("SOP Class UID", found.get(SOP_CLASS), self._sop_class_uid)
        self._match("SOP Instance UID", found.get(SOP_INSTANCE), self._sop_instance_uid)
        return name_arrival(found, transfer_syntax_uid=self._transfer_syntax_uid)

    def _match(self, what: str, value: bytes | None, said: str) -> None:
        found = _text(value)
        if found != said:
            shown = f"data set {self._shown(found)}, command {self._shown(said)}"
            raise RejectedInstance(MISMATCH, f"{what}: {shown}")

    def _shown(self, uid: str) -> str:
        """Repeat what is a UID: anything else may be a name."""
        return uid if _UID_FORM.fullmatch(uid) else "is no UID"


def name_arrival(found: Mapping[int, bytes], *, transfer_syntax_uid: str) -> Arrival:
    """Name what a whole data set is, by the elements of ``WANTED`` that a walk has found in it."""
    sop_instance_uid = _text(found.get(SOP_INSTANCE))
    modality, series = _text(found.get(MODALITY)), _text(found.get(SERIES))
    return Arrival(
        sop_class_uid=_text(found.get(SOP_CLASS)),
        sop_instance_uid=_valid(sop_instance_uid),
        study_uid=_valid(_text(found.get(STUDY)) or f"study of {sop_instance_uid}"),
        series_uid=series if _UID_FORM.fullmatch(series) else None,
        modality=modality if _MODALITY_FORM.fullmatch(modality) else None,
        transfer_syntax_uid=transfer_syntax_uid,
    )


def part10_header(*, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Return preamble and file meta information (PS3.10 7.1) for a received data set.

    Nothing of the sender is in it, so that the same data set gives the same file whoever
    sends it; the preamble is zero. A UID that the standard forbids is written as it came.
    """
    elements = b"".join(
        (
            struct.pack("<HH2sHI2s", META, 0x0001, b"OB", 0, 2, b"\0\1"),
            _meta(0x0002, b"UI", sop_class_uid),
            _meta(0x0003, b"UI", sop_instance_uid),
            _meta(0x0010, b"UI", transfer_syntax_uid),
            _meta(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _meta(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
        )
    )
    length = struct.pack("<HH2sHI", META, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + length + elements


def _meta(element: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii")
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", META, element, vr, len(value)) + value


@lru_cache(maxsize=1024)
def is_storage(sop_class_uid: str) -> bool:
    """Tell whether instances of a class are stored; private and unknown classes are."""
    if not _UID_FORM.fullmatch(sop_class_uid):
        return False
    uid = UID(sop_class_uid, validation_mode=IGNORE)
    named = "Storage" in uid.name and not uid.startswith(_SERVICES)
    return named or uid.name == sop_class_uid


def _valid(uid: str) -> str:
    if _UID_FORM.fullmatch(uid):
        return uid
    return f"2.25.{int(hashlib.sha256(uid.encode()).hexdigest()[:32], 16)}"


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode("latin-1").strip("\0 ")
