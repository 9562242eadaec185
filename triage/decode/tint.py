"""Gray films in colour or palette clothes: whether the pixels themselves are coloured.

Digitisers, viewers and converters save a gray film as RGB, YBR or with a gray palette; what
is shown is then in the pixels already, and no window applies (PS3.3 C.11.2.1.2).
"""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID

from triage.decode import tags
from triage.decode.geometry import Geometry
from triage.decode.refusal import refused
from triage.domain.assessment import RefusalCode

PALETTE = "PALETTE COLOR"
OF_THREE_CHANNELS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})

_CHANNELS = 3
_BYTE = 255
_LOSSY_TINT = 8 / _BYTE
"""Largest difference between the channels of a gray film after lossy compression."""

_TINT = 1 / _BYTE
"""Largest difference otherwise: the rounding of a colour transformation."""

_NO_COLOR = 128
_RED_OF_CR, _BLUE_OF_CB = 1.402, 1.772
_GREEN_OF_CB, _GREEN_OF_CR = -0.344136, -0.714136


def is_clothed(dataset: Dataset) -> bool:
    """Say whether the header announces colour; whether there is any, the pixels tell."""
    interpretation = tags.code(dataset, "PhotometricInterpretation")
    return interpretation == PALETTE or interpretation in OF_THREE_CHANNELS


def gray(
    dataset: Dataset, values: NDArray[np.generic], layout: Geometry
) -> tuple[NDArray[np.unsignedinteger], int]:
    """Take the gray film out of colour pixels.

    Args:
        dataset: the film's header, for which ``is_clothed`` holds.
        values: (rows, columns) indices of a palette, or (rows, columns, 3).
        layout: the header's description of the pixels.

    Returns:
        ``uint8`` or ``uint16`` (rows, columns), and the value that is shown white.

    Raises:
        UnassessableFilm: ``COLOR`` where the channels differ, ``CONTRADICTION`` where the
            samples per pixel are not those of the photometric interpretation.
    """
    interpretation = tags.code(dataset, "PhotometricInterpretation")
    samples = 1 if interpretation == PALETTE else _CHANNELS
    if layout.samples != samples or layout.signed:
        raise refused(
            RefusalCode.CONTRADICTION,
            f"Photometric Interpretation {interpretation} has {samples} unsigned samples, "
            f"the header says {layout.samples}, {'signed' if layout.signed else 'unsigned'}.",
        )
    if interpretation == PALETTE:
        return _gray_palette(dataset, values)
    white = 2**layout.bits_stored - 1
    _check(_difference(values, interpretation), white, most=_most(dataset))
    # Red of a gray pixel is its gray, and so is luminance: the first channel either way.
    return np.ascontiguousarray(values[:, :, 0]), white


def _gray_palette(
    dataset: Dataset, indices: NDArray[np.generic]
) -> tuple[NDArray[np.unsignedinteger], int]:
    """Look the indices up; only the colours that the film uses count."""
    colors = apply_color_lut(indices, dataset)  # (rows, columns, 3 or 4)
    white = _white(dataset, colors)
    _check(_spread(colors), white, most=_TINT)
    return np.ascontiguousarray(colors[:, :, 0]), white


def _white(dataset: Dataset, colors: NDArray[np.generic]) -> int:
    """Return the largest entry of a palette; one of bytes may lie in words (C.7.6.3.1.5)."""
    allocated = 8 * colors.itemsize
    told = int((*tags.numbers(dataset, "RedPaletteColorLookupTableDescriptor"), 0, 0, 0)[2])
    bits = told if 0 < told < allocated and int(colors.max()) < 2**told else allocated
    return int(2**bits - 1)


def _most(dataset: Dataset) -> float:
    """Allow a tint to films that were compressed with losses, now or before."""
    syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
    was_lossy = tags.code(dataset, "LossyImageCompression") == "01"
    is_lossless = not syntax.is_compressed or "Lossless" in syntax.name
    return _TINT if is_lossless and not was_lossy else _LOSSY_TINT


def _check(difference: float, white: int, *, most: float) -> None:
    """Refuse colour, with the largest difference in the sentence."""
    if difference > most * white:
        raise refused(
            RefusalCode.COLOR,
            f"The film is in colour: its channels differ by up to {difference:.0f} of {white}, "
            f"in a gray film by at most {most * white:.0f}.",
        )


def _difference(values: NDArray[np.generic], interpretation: str) -> float:
    """Return the largest difference between red, green and blue of one pixel.

    JPEG 2000 decoders undo their own colour transformation, so YBR_RCT and YBR_ICT come as
    RGB; and whether a JPEG decoder has done so, not all of them tell. A gray film is gray in
    one reading alone, so both are tried.
    """
    as_rgb = _spread(values)
    if values.itemsize > 1 or interpretation in {"YBR_RCT", "YBR_ICT"}:
        return as_rgb
    return min(as_rgb, _chroma(values))


def _spread(colors: NDArray[np.generic]) -> float:
    """Return the largest difference of (rows, columns, 3 or more) within one pixel."""
    red, green, blue = (colors[:, :, channel] for channel in range(_CHANNELS))
    highest = np.maximum(np.maximum(red, green), blue)
    return float((highest - np.minimum(np.minimum(red, green), blue)).max())


def _chroma(values: NDArray[np.generic]) -> float:
    """Return the same of ``uint8`` YBR pixels (PS3.3 C.7.6.3.1.2), from the chroma present."""
    pairs = values[:, :, 1].astype(np.uint16) << 8 | values[:, :, 2].astype(np.uint16)
    present = np.flatnonzero(np.bincount(pairs.ravel(), minlength=_BYTE * _BYTE))
    cb, cr = (present >> 8) - _NO_COLOR, (present & _BYTE) - _NO_COLOR
    beside_luminance = (
        _RED_OF_CR * cr,
        _GREEN_OF_CB * cb + _GREEN_OF_CR * cr,
        _BLUE_OF_CB * cb,
    )
    return float(np.ptp(np.stack(beside_luminance), axis=0).max())
