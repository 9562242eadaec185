"""A film as it would be with its finest resolution levels left out."""

import io
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from tests.benchmarks.levels.low_pass import low_pass
from tests.benchmarks.levels.radiographs import Radiograph
from triage.decode import codestream
from triage.decode.interpretation import interpreted
from triage.decode.lettering import lettering_note
from triage.decode.resample import area
from triage.domain.film import Film

Way = Callable[[NDArray[np.generic], int, tuple[int, ...]], NDArray[np.generic]]
"""Makes the values of a film of reduced ones, the levels left out, and the full size."""


class UndecodableError(Exception):
    """The codec does not give this picture at this reduction."""


def decoded_without(stream: bytes, levels: int) -> NDArray[np.generic]:
    """Decode a gray, unsigned codestream without its finest levels; with all of them for 0.

    By Pillow: it alone of the pinned codecs passes the wish on to OpenJPEG. It takes sides for
    rounded where the standard rounds them up (ISO/IEC 15444-1 B.5), and then gives up.

    Returns:
        ``uint8`` or ``uint16``, each side halved ``levels`` times and rounded up.

    Raises:
        UndecodableError: Pillow gives up.
    """
    precision = codestream.precision(stream)
    with Image.open(io.BytesIO(stream)) as picture:
        if precision is None or not isinstance(picture, Jpeg2KImageFile):
            raise UndecodableError(f"the codestream is taken for {picture.format}")
        picture.reduce = levels
        try:
            values = np.asarray(picture)
        except OSError as error:
            raise UndecodableError(str(error)) from error
    # Pillow moves the bits of a word up to its top.
    return np.right_shift(values, 16 - precision.bits) if values.dtype == np.uint16 else values


def values_without(radiograph: Radiograph, levels: int) -> NDArray[np.generic]:
    """Decode a film's codestream without its finest levels, or compute what that would give.

    Raises:
        UndecodableError: the codec does not give it.
    """
    if radiograph.codestream:
        return decoded_without(radiograph.codestream, levels)
    return low_pass(radiograph.values, levels, bits=radiograph.layout.bits_stored)


def as_decoded(
    values: NDArray[np.generic], _levels: int, _shape: tuple[int, ...]
) -> NDArray[np.generic]:
    """Take the low-pass band for the film."""
    return values


def put_back(
    values: NDArray[np.generic], levels: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Enlarge the low-pass band to the film's own grid: the kindest that can be done.

    Its samples lie on every second (fourth) sample of the film, the first on the first
    (ISO/IEC 15444-1 F.3), and not in the middle of two (four).
    """
    scale = np.array([[2.0**-levels, 0, 0], [0, 2.0**-levels, 0]], np.float32)
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    plain = values.astype(np.float32)
    full = cv2.warpAffine(plain, scale, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(full, np.float32)


WAYS: dict[str, Way] = {"as decoded": as_decoded, "put back": put_back}


def films_without(radiograph: Radiograph, levels: int) -> dict[str, Film]:
    """Make a film without its finest levels, in each way: pixels, histogram and notes are theirs.

    Raises:
        UndecodableError: the codec does not give it.
    """
    values, shape = values_without(radiograph, levels), radiograph.values.shape
    return {
        name: _film(radiograph, values, way(values, levels, shape)) for name, way in WAYS.items()
    }


def whole_film(radiograph: Radiograph) -> Film:
    """Make the film that the product makes: nothing is left out."""
    return _film(radiograph, radiograph.values, radiograph.values)


def _film(radiograph: Radiograph, values: NDArray[np.generic], stored: NDArray[np.generic]) -> Film:
    _, display, notes = interpreted(radiograph.header, values, radiograph.layout)
    return Film(stored, display, area, notes=(*notes, *lettering_note(values)))
