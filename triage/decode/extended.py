"""JPEG Extended with 12 bits per sample (ISO/IEC 10918-1, process 4), which pydicom refuses."""

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import JPEGExtended12Bit

from triage.decode import codestream
from triage.decode.geometry import Geometry
from triage.decode.refusal import refused
from triage.domain.assessment import RefusalCode

_BITS = 12
_WORD_BITS = 16


def is_needed(frame: bytes) -> bool:
    """Say whether a frame has more than the 8 bits that every codec reads."""
    found = codestream.precision(frame)
    return found is not None and found.bits == _BITS


def decoded(frame: bytes, layout: Geometry) -> NDArray[np.generic]:
    """Decode a gray frame.

    Args:
        frame: the codestream, of the size that ``layout`` tells.
        layout: the header's description of the pixels.

    Returns:
        ``uint16`` or, for signed pixels, ``int16`` (rows, columns).

    Raises:
        UnassessableFilm: ``UNREADABLE`` for colour or 8 bits allocated, or where the decoder
            does not deliver the whole picture.
    """
    if layout.samples != 1 or layout.bits_allocated != _WORD_BITS:
        raise refused(
            RefusalCode.UNREADABLE,
            f"JPEG Extended of 12 bits with Samples per Pixel {layout.samples}, Bits Allocated "
            f"{layout.bits_allocated}: 1 and 16 are read.",
        )
    # GDCM hands bytes over as text, and nothing at all where it fails.
    pixels = (_image(frame, layout).GetBuffer() or "").encode("utf-8", "surrogateescape")
    if len(pixels) != layout.plain_bytes:
        raise refused(RefusalCode.UNREADABLE, "The JPEG picture cannot be decoded.")
    kind = "<i2" if layout.signed else "<u2"
    return np.frombuffer(pixels, kind).reshape(layout.rows, layout.columns)


def _image(frame: bytes, layout: Geometry) -> gdcm.Image:
    """Describe one frame to GDCM as the header does."""
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.columns, layout.rows, 1))
    image.SetDataElement(_element(frame))
    kind = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, _WORD_BITS, _BITS, _BITS - 1, int(layout.signed)))
    return image


def _element(frame: bytes) -> gdcm.DataElement:
    """Wrap a codestream as encapsulated pixel data of one fragment."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    return element
