"""The bytes of a DICOM file to its data set: encoding, meta information, completeness."""

import io
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pydicom import dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset as read_elements
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from triage.decode.refusal import FOREIGN, refused, translated
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.nesting import MOST_NESTED

MAX_INFLATED_BYTES = 256 * 1024 * 1024
MAX_INFLATION = 100
"""Films deflate to a half; one that unfolds a hundredfold is a bomb or shows nothing."""

_PREFIX_END = 132
_PIXEL_DATA = 0x7FE00010
_FILE_META_GROUP = 2
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LEAST_CAP = 1024 * 1024
_SOME_OF = ("SOPClassUID", "Modality", "Rows", "PixelData")


def read_dataset(content: BinaryIO) -> Dataset:
    """Read a DICOM object (PS3.10 7), also one without preamble or meta header.

    Args:
        content: the whole file, at its beginning.

    Returns:
        The data set; its ``file_meta`` names the transfer syntax, guessed where the file
        does not tell (implicit VR little endian is DICOM's default, PS3.5 10.1).

    Raises:
        UnassessableFilm: ``UNREADABLE`` for what is no DICOM, is cut short or nests sequences
            deeper than ``MOST_NESTED``, ``TOO_LARGE`` for a deflated data set beyond
            ``MAX_INFLATED_BYTES`` or ``MAX_INFLATION``.
    """
    with translated("The file cannot be read as DICOM"):
        try:
            dataset = dcmread(_inflated(content) or content, force=True)
            dataset.file_meta = _meta(dataset)
            _check_complete(dataset)
            _check_nesting(dataset)  # an element forgets its written length when it is read
        except RecursionError as error:
            raise _too_deep() from error
        return dataset


def _inflated(content: BinaryIO) -> io.BytesIO | None:
    """Inflate a deflated data set (PS3.5 A.5) under a cap; ``None`` for any other syntax."""
    prefix = content.read(_PREFIX_END)
    try:
        if prefix[128:] != b"DICM":
            return None
        meta = read_elements(
            content, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta
        )
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return None
        return io.BytesIO(_inflate(content.read()))
    finally:
        content.seek(0)


def _inflate(deflated: bytes) -> bytes:
    cap = min(MAX_INFLATED_BYTES, _LEAST_CAP + MAX_INFLATION * len(deflated))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(deflated, cap)
    if inflater.unconsumed_tail:
        raise refused(
            RefusalCode.TOO_LARGE,
            f"The file of {len(deflated)} deflated bytes inflates to more than {cap} bytes.",
        )
    return data


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    """Say whether an element lies behind the file meta information."""
    return tag.group != _FILE_META_GROUP


def _meta(dataset: Dataset) -> FileMetaDataset:
    """Complete the meta information with the transfer syntax that the data set was read in."""
    meta: FileMetaDataset = getattr(dataset, "file_meta", None) or FileMetaDataset()
    if not meta.get("TransferSyntaxUID"):
        is_implicit, is_little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
        meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else explicit
    return meta


def _check_complete(dataset: Dataset) -> None:
    """Refuse what is no object at all, and elements that hold less than they announce."""
    if not any(keyword in dataset for keyword in _SOME_OF):
        raise refused(RefusalCode.UNREADABLE, "The file is neither DICOM nor PNG nor JPEG.")
    for element in dataset.elements():
        announced = getattr(element, "length", 0)
        held = len(getattr(element, "value", None) or b"") if announced else 0
        if element.tag <= _PIXEL_DATA and held < announced != _UNDEFINED_LENGTH:
            raise refused(
                RefusalCode.UNREADABLE,
                f"The file is cut short: element {element.tag} holds {held} of {announced} bytes.",
            )


def _check_nesting(dataset: Dataset) -> None:
    """Count level by level: pydicom recurses into sequences of undefined length alone."""
    level = [dataset]
    for _ in range(MOST_NESTED):
        level = [item for sequence in _sequences(level) for item in sequence]
    if next(_sequences(level), None) is not None:
        raise _too_deep()


def _too_deep() -> UnassessableFilm:
    return refused(
        RefusalCode.UNREADABLE,
        f"The file nests {MOST_NESTED + 1} sequences or more: at most {MOST_NESTED} are read.",
    )


def _sequences(level: Iterable[Dataset]) -> Iterator[Sequence]:
    """Read the sequences of data sets, and pass over those that are broken: who needs one says."""
    for dataset in level:
        for element in [each for each in dataset.elements() if _is_sequence(each)]:
            try:
                found = dataset[element.tag].value
            except RecursionError:
                raise
            except FOREIGN:
                continue
            if isinstance(found, Sequence):
                yield found


def _is_sequence(element: DataElement | RawDataElement) -> bool:
    """Say so of an element not yet read, too; of no private one whose VR was not written."""
    if element.VR not in {None, "UN"}:
        return element.VR == "SQ"
    if element.tag.is_private or not dictionary_has_tag(element.tag):
        return False
    return dictionary_VR(element.tag) == "SQ"
