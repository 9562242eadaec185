"""PNG or JPEG file to film: a picture is displayed as it is."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage.decode.geometry import check_pixels
from triage.decode.grayscale import Display, Range, Rescale
from triage.decode.histogram import sampled, spread
from triage.decode.lettering import lettering_note
from triage.decode.refusal import refused, translated
from triage.decode.resample import area
from triage.domain.assessment import RefusalCode
from triage.domain.film import Film

_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
SIGNATURE_BYTES = 132
"""What ``is_picture`` has to see of a file."""

_NOTES = ("view unknown", "age unknown")
_LARGEST_TINT = 8
"""Largest difference between the channels of a gray film that was saved as a colour JPEG."""


def is_picture(content: bytes) -> bool:
    r"""Tell a PNG or JPEG file by its first bytes; a DICOM prefix behind them decides.

    >>> is_picture(b"\x89PNG\r\n\x1a\n")
    True
    """
    return content.startswith(_SIGNATURES) and content[128:132] != b"DICM"


def film(content: bytes) -> Film:
    """Make a film of the bytes of a PNG or JPEG file.

    Eight bits are shown as they are; of 16-bit files nobody can say where white lies, so they
    get the histogram default.

    Returns:
        The film; ``stored`` is ``uint8`` or ``uint16`` (rows, columns).

    Raises:
        UnassessableFilm: ``UNREADABLE``, ``TOO_LARGE``, or ``COLOR`` for a picture whose
            channels differ.
    """
    with translated("The picture cannot be read"):
        with Image.open(io.BytesIO(content)) as header:
            check_pixels(header.width * header.height * len(header.getbands()))
        stored = _gray(_pixels(content))
    notes = (*_NOTES, *lettering_note(stored))
    return Film(stored=stored, display=_display(stored), resample=area, notes=notes)


def _display(stored: NDArray[np.generic]) -> Display:
    """Show bytes as they are, and words by their histogram."""
    is_bytes = stored.dtype == np.uint8
    shown = Range(0, 255) if is_bytes else Range(*spread(sampled(stored, None)))
    return Display(Rescale(), shown, inverted=False)


def _pixels(content: bytes) -> NDArray[np.generic]:
    """Decode into (rows, columns, channels) of 8 or 16 bits, gray has one channel."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise refused(RefusalCode.UNREADABLE, "The picture cannot be decoded.")
    return np.atleast_3d(pixels)


def _gray(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Take one channel of a gray picture; an alpha channel (the 4th) is left out."""
    colors = pixels[:, :, :3].astype(np.int32)
    if int(np.ptp(colors, axis=2).max()) > _LARGEST_TINT:
        raise refused(RefusalCode.COLOR, "The picture is in colour: gray is assessed.")
    return np.ascontiguousarray(pixels[:, :, 0])
