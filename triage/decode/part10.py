"""DICOM file to film: the file's encoding, its codecs, and the way from header to pixels."""

import io
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset as read_elements
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    RLELossless,
)

from triage.decode import codestream, picture, tags
from triage.decode.geometry import Geometry, geometry
from triage.decode.grayscale import grayscale
from triage.decode.refusal import quoted, refused, translated
from triage.decode.resample import area
from triage.decode.screening import screen
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_INFLATED_BYTES = 256 * 1024 * 1024

_PREFIX_END = 132
_PIXEL_DATA = 0x7FE00010
_FILE_META_GROUP = 2
_UNDEFINED_LENGTH = 0xFFFFFFFF
_SMALLEST_LIMIT = 65536
_SOME_OF = ("SOPClassUID", "Modality", "Rows", "PixelData")


def read(path: Path, *, minimum_age_years: int = 18) -> Film:
    """Read a film from a DICOM, PNG or JPEG file, told apart by content.

    Raises:
        UnassessableFilm: the film cannot or must not be assessed.
        OSError: the file cannot be opened or read: that says nothing about the film.
    """
    content = _content(path)
    if picture.is_picture(content):
        return picture.film(content)
    return _film(content, minimum_age_years)


def read_film(path: Path, *, minimum_age_years: int = 18) -> Film:
    """Read a film from a DICOM file (PS3.10 7), also one without preamble or meta header.

    Args:
        path: the file; its name does not matter.
        minimum_age_years: patients known to be younger are refused.

    Returns:
        The film; ``stored`` is ``uint8``, ``uint16``, ``int8`` or ``int16`` (rows, columns).

    Raises:
        UnassessableFilm: the film cannot or must not be assessed; nothing else is raised,
            whatever the file holds.
        OSError: the file cannot be opened or read: that says nothing about the film.
    """
    return _film(_content(path), minimum_age_years)


def same_pixels(first: Path, second: Path) -> bool:
    """Tell whether two files carry the same pixels, however they are compressed.

    The stored values count, and the Photometric Interpretation that says what is white; no
    window and no other header value. Objects without pixel data are the same; where a codec
    fails, the encoded bytes are compared instead.

    Raises:
        UnassessableFilm: ``UNREADABLE``, a file is no DICOM object.
    """
    one, other = (read_dataset(_content(path)) for path in (first, second))
    if _polarity(one) != _polarity(other):
        return False
    try:
        return np.array_equal(_all_values(one), _all_values(other))
    except UnassessableFilm:
        return bool(tags.value(one, "PixelData") == tags.value(other, "PixelData"))


def _polarity(dataset: Dataset) -> bool:
    return tags.code(dataset, "PhotometricInterpretation") == "MONOCHROME1"


def read_dataset(content: bytes) -> Dataset:
    """Read a DICOM object from the bytes of its file.

    Returns:
        The data set; its ``file_meta`` names the transfer syntax, guessed where the file
        does not tell (implicit VR little endian is DICOM's default, PS3.5 10.1).

    Raises:
        UnassessableFilm: ``UNREADABLE`` for what is no DICOM or is cut short, ``TOO_LARGE``
            for a deflated data set beyond ``MAX_INFLATED_BYTES``.
    """
    with translated("The file cannot be read as DICOM"):
        dataset = _inflated(content) or dcmread(io.BytesIO(content), force=True)
        dataset.file_meta = _meta(dataset)
        _check_complete(dataset)
        return dataset


def stored_values(dataset: Dataset, layout: Geometry) -> NDArray[np.generic]:
    """Decode the first frame.

    Returns:
        (rows, columns), stored values: the bits above *High Bit* are removed, the sign is
        extended.

    Raises:
        UnassessableFilm: ``TRANSFER_SYNTAX`` where nothing here decodes the syntax,
            ``UNREADABLE`` where the decoder fails.
    """
    decoder = _decoder(dataset)
    with translated("The pixel data cannot be decoded"):
        return _decoded(dataset, decoder, layout, index=0)


def _film(content: bytes, minimum_age_years: int) -> Film:
    """Screen the header, then decode what passed."""
    with translated("The file cannot be read"):
        dataset = read_dataset(content)
        _decoder(dataset)
        passed = screen(dataset, minimum_age_years=minimum_age_years)
        layout = geometry(dataset)
        stored = stored_values(dataset, layout)
        display, notes = grayscale(dataset, stored, signed=layout.signed)
    return Film(
        stored=stored,
        display=display,
        resample=area,
        spacing_mm=_spacing_mm(dataset),
        view=passed.view,
        notes=(*passed.notes, *notes),
    )


def _content(path: Path) -> bytes:
    """Read the whole file: lengths inside it can then promise no more than it holds."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise refused(RefusalCode.TOO_LARGE, f"The file is larger than {MAX_FILE_BYTES} bytes.")
    return path.read_bytes()


def _inflated(content: bytes) -> Dataset | None:
    """Read a deflated data set (PS3.5 A.5) under a cap; ``None`` for any other syntax."""
    if content[128:_PREFIX_END] != b"DICM":
        return None
    stream = io.BytesIO(content)
    stream.seek(_PREFIX_END)
    meta = read_elements(stream, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(stream.read(), MAX_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise refused(
            RefusalCode.TOO_LARGE, f"The file inflates to more than {MAX_INFLATED_BYTES} bytes."
        )
    return dcmread(io.BytesIO(data), force=True)


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


def _decoder(dataset: Dataset) -> Decoder:
    """Find the decoder of the data set's transfer syntax."""
    uid = UID(str(dataset.file_meta.TransferSyntaxUID))
    try:
        decoder = get_decoder(uid)
    except RuntimeError:
        raise _unknown(uid) from None
    if not decoder.is_available:
        raise _unknown(uid)
    return decoder


def _unknown(uid: UID) -> UnassessableFilm:
    """Refuse a transfer syntax by its UID."""
    return refused(
        RefusalCode.TRANSFER_SYNTAX, f"The transfer syntax {quoted(uid)} is not read here."
    )


def _decoded(
    dataset: Dataset, decoder: Decoder, layout: Geometry, *, index: int | None
) -> NDArray[np.generic]:
    """Decode one frame, or all of them where ``index`` is ``None``."""
    _check_codestream(dataset, decoder, layout)
    # pydicom clears the bits above Bits Stored, from bit 0 up; with a High Bit above that
    # (retired, PS3.5 8.1.1) it has to keep them all, and the lowest are dropped here.
    shift = layout.high_bit + 1 - layout.bits_stored
    dataset.BitsStored = layout.high_bit + 1
    plugin = _plugin(decoder.UID)
    values, _ = decoder.as_array(dataset, index=index, raw=True, decoding_plugin=plugin)
    return np.right_shift(values, shift) if shift else values


def _plugin(uid: UID) -> str:
    """Choose the codec: the first that works, with two exceptions.

    OpenJPEG itself is newer than the copy inside GDCM. pylibjpeg's RLE decoder answers broken
    data with a panic, which is no ``Exception``; pydicom's own took 0.10 s instead of 0.03 s
    for 1760 x 2140 pixels.
    """
    if uid in JPEG2000TransferSyntaxes:
        return "pylibjpeg"
    return "pydicom" if uid == RLELossless else ""


def _check_codestream(dataset: Dataset, decoder: Decoder, layout: Geometry) -> None:
    """Refuse a compressed frame that unfolds to another size than the header says."""
    if decoder.is_native:
        return
    frame = next(generate_frames(dataset.PixelData, number_of_frames=layout.frames))
    found = codestream.size(frame)
    if found not in {None, (layout.rows, layout.columns)}:
        raise refused(
            RefusalCode.UNREADABLE,
            f"The compressed picture has rows and columns {found}, "
            f"the header says {(layout.rows, layout.columns)}.",
        )
    # RLE has no size of its own; a run of two bytes unfolds to 128.
    if len(frame) > 2 * layout.plain_bytes + _SMALLEST_LIMIT:
        raise refused(RefusalCode.UNREADABLE, "The compressed picture is larger than the plain.")


def _all_values(dataset: Dataset) -> NDArray[np.generic]:
    """Decode every frame, colour too."""
    layout = geometry(dataset)
    with translated("The pixel data cannot be decoded"):
        return _decoded(dataset, _decoder(dataset), layout, index=None)


def _spacing_mm(dataset: Dataset) -> tuple[float, float] | None:
    """Read the spacing at the detector: (0018,1164), else (0028,0030) of older CR objects."""
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        row, column = (*tags.numbers(dataset, keyword), 0.0, 0.0)[:2]
        if min(row, column) > 0:
            return row, column
    return None
