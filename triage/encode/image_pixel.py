"""The picture's pixels, as they are or as JPEG, and every loss on the way to them."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from triage.encode.elements import Attributes, Fragment
from triage.encode.header import text, valid

_JPEG = "ISO_10918_1"
_LOSSY_METHODS = {
    JPEGBaseline8Bit: _JPEG,
    JPEGExtended12Bit: _JPEG,
    JPEGLSNearLossless: "ISO_14495_1",
}
"""Transfer syntaxes that always lose something, with the defined terms of C.7.6.1.1.5.1."""

_RATIO, _METHOD = r"[0-9.]{1,16}", r"[A-Z0-9_ ]+"


def describe_pixels(picture: NDArray[np.uint8], *, jpeg: bytes | None) -> Attributes:
    """Image Pixel (C.7.6.3): color by pixel; no window, no spacing, as nothing is measured.

    Args:
        picture: ``uint8`` (rows, columns, 3), RGB.
        jpeg: the picture as baseline JPEG with halved columns of chroma; absent for RGB as it is.
    """
    rows, columns, samples = picture.shape
    return {
        "SamplesPerPixel": samples,
        "PhotometricInterpretation": "RGB" if jpeg is None else "YBR_FULL_422",
        "PlanarConfiguration": 0,
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "PixelData": picture.tobytes() if jpeg is None else Fragment(jpeg),
    }


def describe_losses(film: Dataset, *, ratio: float | None) -> Attributes:
    r"""Tell the film's losses and then our own (C.7.6.1.1.5), value by value in that order.

    Args:
        film: the film's data set; a loss that it does not declare shows in its syntax.
        ratio: of the picture's bytes to those of its JPEG; ``None`` where nothing was lost.

    Returns:
        Flag, ratios and methods. A ratio of the film's that nobody told leaves an empty value.
    """
    theirs = _losses_of(film)
    if ratio is None:
        return theirs
    methods = [method for method in _values(theirs, "LossyImageCompressionMethod") if method]
    told = _values(theirs, "LossyImageCompressionRatio")
    ratios = told if len(told) == len(methods) else [""] * len(methods)
    return {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "\\".join([*ratios, f"{ratio:.2f}"]),
        "LossyImageCompressionMethod": "\\".join([*methods, _JPEG]),
    }


def _losses_of(film: Dataset) -> Attributes:
    meta = getattr(film, "file_meta", Dataset())
    method = _LOSSY_METHODS.get(meta.get("TransferSyntaxUID", ""))
    if method is not None and text(film, "LossyImageCompression") != "01":
        return {"LossyImageCompression": "01", "LossyImageCompressionMethod": method}
    return {
        **valid(film, "LossyImageCompression", "00|01"),
        **valid(film, "LossyImageCompressionRatio", rf"{_RATIO}(\\{_RATIO})*"),
        **valid(film, "LossyImageCompressionMethod", rf"{_METHOD}(\\{_METHOD})*"),
    }


def _values(attributes: Attributes, keyword: str) -> list[str]:
    return str(attributes.get(keyword, "")).split("\\")
