"""An encoded object on its way out, and the transfer syntaxes that it may travel in."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_file_meta_info

from triage.domain.errors import DeliveryParked
from triage.send.implicit import implicit_from_explicit
from triage.send.pdu import Proposal

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
FALL_BACK: Mapping[str, tuple[str, ...]] = {EXPLICIT: (IMPLICIT,)}
"""What else an object may travel in, in this order, where its own syntax is not accepted.

Every SCP has to accept Implicit VR Little Endian (PS3.5 10.1); compressed pixels have no other.
"""
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    BytesLengthException,
)
"""What pydicom stumbles over in a data set that is none."""

_GROUP_LENGTH_END = 144  # preamble, prefix, and how long the rest of the meta header is


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A Part 10 file, as far as a C-STORE needs it."""

    file: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set_at: int

    @property
    def proposals(self) -> list[Proposal]:
        """A context for each syntax, so that the peer may accept both and we choose."""
        syntaxes = (self.transfer_syntax_uid, *FALL_BACK.get(self.transfer_syntax_uid, ()))
        return [Proposal(self.sop_class_uid, (syntax,)) for syntax in syntaxes]

    def data_set(self, transfer_syntax: str) -> bytes:
        """Return the data set in a syntax: the file's own bytes, or their fall-back.

        Raises:
            OSError: the file cannot be read.
            ValueError: it has no data set in this syntax, or a damaged one.
        """
        contents = self.file.read_bytes()[self.data_set_at :]
        if transfer_syntax == self.transfer_syntax_uid:
            return contents
        if transfer_syntax not in FALL_BACK.get(self.transfer_syntax_uid, ()):
            raise ValueError(f"no data set in {transfer_syntax}")
        return implicit_from_explicit(contents)


def stored_object(file: Path) -> StoredObject:
    """Look at an encoded object.

    Raises:
        DeliveryParked: it has gone, or is no Part 10 file, or its meta header is damaged.
    """
    try:
        meta: FileMetaDataset = read_file_meta_info(file)
        return StoredObject(
            file=file,
            sop_class_uid=str(meta.MediaStorageSOPClassUID),
            sop_instance_uid=str(meta.MediaStorageSOPInstanceUID),
            transfer_syntax_uid=str(meta.TransferSyntaxUID),
            data_set_at=_GROUP_LENGTH_END + int(meta.FileMetaInformationGroupLength),
        )
    except (OSError, InvalidDicomError, *UNREADABLE) as error:
        raise DeliveryParked(f"the stored object cannot be read: {type(error).__name__}") from error
