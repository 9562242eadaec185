"""The pixel data of an object to stored values: transfer syntaxes and their codecs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEG2000TransferSyntaxes,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    RLELossless,
)

from triage.decode import codestream, contradiction, extended, run_length, tags
from triage.decode.geometry import Geometry
from triage.decode.refusal import quoted, refused, translated
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

_SMALLEST_LIMIT = 65536
_MASKED = (JPEGLossless, JPEGLosslessSV1)
_AS_DECOMPRESSED: dict[str, Any] = {"correct_unused_bits": False}
"""pydicom annotates its options in a way that no option fits."""


def check_transfer_syntax(dataset: Dataset) -> None:
    """Refuse a transfer syntax that nothing here decodes.

    Raises:
        UnassessableFilm: ``TRANSFER_SYNTAX``, with the UID in the sentence.
    """
    _decoder(dataset)


def stored_values(
    dataset: Dataset, layout: Geometry
) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """Decode the first frame.

    Returns:
        (rows, columns) or (rows, columns, samples), stored values: the bits beside the stored
        ones are removed, the sign is extended; and notes on what the header says otherwise.

    Raises:
        UnassessableFilm: ``TRANSFER_SYNTAX`` where nothing here decodes the syntax,
            ``UNREADABLE`` where the decoder fails, ``CONTRADICTION`` where the header denies
            what the pixels are.
    """
    decoder = _decoder(dataset)
    with translated("The pixel data cannot be decoded"):
        is_plain = _is_plain(decoder, layout)
        words = (
            _plain(tags.value(dataset, "PixelData"), layout)
            if is_plain
            else _decoded(dataset, decoder, layout, index=0)
        )
        fits = contradiction.fits(layout, words)
        notes = () if fits else contradiction.unused_bits(dataset, layout, words)
        if not decoder.is_native:
            notes += contradiction.stream(_first_frame(dataset, layout), layout, words)
        return words if fits and not layout.signed else _trimmed(words, layout), notes


def all_values(dataset: Dataset, layout: Geometry) -> NDArray[np.generic]:
    """Decode every frame, colour too; contract as ``stored_values``.

    Returns:
        Stored values, (frames, rows, columns, samples) without the axes of length 1.
    """
    decoder = _decoder(dataset)
    with translated("The pixel data cannot be decoded"):
        return _trimmed(_decoded(dataset, decoder, layout, index=None), layout)


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


def _is_plain(decoder: Decoder, layout: Geometry) -> bool:
    """Say whether the values lie in the file as they are; pydicom copies them four times."""
    return decoder.is_native and ExplicitVRBigEndian != decoder.UID and layout.samples == 1


def _plain(pixel_data: object, layout: Geometry) -> NDArray[np.generic]:
    """Look at the values where they lie (PS3.5 8.1.1)."""
    held = len(pixel_data) if isinstance(pixel_data, bytes | memoryview) else 0
    if not isinstance(pixel_data, bytes | memoryview) or held < layout.plain_bytes:
        raise refused(
            RefusalCode.UNREADABLE,
            f"The pixel data holds {held} bytes: one frame has {layout.plain_bytes}.",
        )
    kind = f"<u{layout.bits_allocated // 8}"
    words = np.frombuffer(pixel_data, kind, layout.rows * layout.columns)
    return words.reshape(layout.rows, layout.columns)


def _trimmed(words: NDArray[np.generic], layout: Geometry) -> NDArray[np.generic]:
    """Remove what is beside the stored bits, and extend the sign."""
    below = layout.high_bit + 1 - layout.bits_stored
    above = layout.bits_allocated - layout.high_bit - 1
    if layout.signed:
        signed = words.view(f"<i{layout.bits_allocated // 8}")
        # Shifted up and down again: the second shift repeats the sign.
        if above == below == 0:
            return signed
        return np.asarray(np.right_shift(np.left_shift(signed, above), above + below))
    shifted = np.right_shift(words, below) if below else words
    most = 2**layout.bits_stored - 1
    return np.bitwise_and(shifted, most) if above and shifted.max() > most else shifted


def _decoded(
    dataset: Dataset, decoder: Decoder, layout: Geometry, *, index: int | None
) -> NDArray[np.generic]:
    """Decode one frame, or all of them where ``index`` is ``None``, into allocated words."""
    _check_codestream(dataset, decoder, layout)
    if JPEGExtended12Bit == decoder.UID and extended.is_needed(_first_frame(dataset, layout)):
        return extended.decoded(_first_frame(dataset, layout), layout)
    if RLELossless == decoder.UID and layout.frames == 1:
        words = run_length.decoded(_first_frame(dataset, layout), layout)
        if words is not None:
            return words
    # With a High Bit above the stored bits (retired, PS3.5 8.1.1) the codec has to keep all
    # bits up to it; what is beside the stored bits is looked at before it is removed. GDCM
    # removes it from JPEG Lossless unless it is told of all allocated bits.
    is_masked = decoder.UID in _MASKED
    dataset.BitsStored = layout.bits_allocated if is_masked else layout.high_bit + 1
    values, _ = decoder.as_array(
        dataset,
        index=index,
        raw=True,
        decoding_plugin=_plugin(decoder.UID),
        **_AS_DECOMPRESSED,
    )
    # Codecs choose bytes for pictures of eight bits, whatever is allocated.
    kind = f"{values.dtype.kind}{layout.bits_allocated // 8}"
    return np.asarray(values, dtype=kind)


def _first_frame(dataset: Dataset, layout: Geometry) -> bytes:
    """Join the fragments of the first frame of encapsulated pixel data (PS3.5 A.4)."""
    return next(generate_frames(dataset.PixelData, number_of_frames=layout.frames))


def _plugin(uid: UID) -> str:
    """Choose the codec: the first that works, with two exceptions.

    OpenJPEG itself is newer than the copy inside GDCM. pylibjpeg's RLE decoder answers broken
    data with a panic, which is no ``Exception``; see ``run_length``.
    """
    if uid in JPEG2000TransferSyntaxes:
        return "pylibjpeg"
    return "pydicom" if uid == RLELossless else ""


def _check_codestream(dataset: Dataset, decoder: Decoder, layout: Geometry) -> None:
    """Refuse a compressed frame that unfolds to something else than the header says."""
    if decoder.is_native:
        return
    frame = _first_frame(dataset, layout)
    found = codestream.size(frame)
    if found not in {None, (layout.rows, layout.columns)}:
        raise refused(
            RefusalCode.UNREADABLE,
            f"The compressed picture has rows and columns {found}, "
            f"the header says {(layout.rows, layout.columns)}.",
        )
    contradiction.components(frame, layout)
    # RLE has no size of its own; a run of two bytes unfolds to 128.
    if len(frame) > 2 * layout.plain_bytes + _SMALLEST_LIMIT:
        raise refused(RefusalCode.UNREADABLE, "The compressed picture is larger than the plain.")
