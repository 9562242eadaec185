"""A film that was kept earlier, named by its file as it was named when it came."""

from pathlib import Path

from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info

from triage.domain.errors import RejectedInstance
from triage.receive.arrival import WANTED, Arrival, name_arrival
from triage.receive.dataset import CANNOT_UNDERSTAND, walk

PIECE = 1024 * 1024
_GROUP_LENGTH_END = 144  # preamble, prefix, and how long the rest of the meta header is


def name_file(path: Path) -> Arrival:
    """Name a file of the spool; its data set is walked again from end to end.

    Args:
        path: a Part 10 file, as the listener writes them.

    Raises:
        RejectedInstance: 0xC000, it is no such file, or its data set is not whole.
        OSError: it cannot be read.
    """
    transfer_syntax_uid, begin = _meta(path)
    element_walk = walk(transfer_syntax_uid, wanted=WANTED)
    with path.open("rb") as file:
        file.seek(begin)
        while piece := file.read(PIECE):
            element_walk.feed(piece)
    arrival = name_arrival(element_walk.finish(), transfer_syntax_uid=transfer_syntax_uid)
    if not arrival.sop_class_uid:
        raise RejectedInstance(CANNOT_UNDERSTAND, "the data set names no SOP class")
    return arrival


def _meta(path: Path) -> tuple[str, int]:
    """Return the transfer syntax, and where the data set begins (PS3.10 7.1)."""
    try:
        meta = read_file_meta_info(path)
        length = int(meta.FileMetaInformationGroupLength)
        return str(meta.TransferSyntaxUID), _GROUP_LENGTH_END + length
    except (InvalidDicomError, AttributeError, ValueError, EOFError) as error:
        raise RejectedInstance(CANNOT_UNDERSTAND, "the file has no meta information") from error
