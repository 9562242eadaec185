"""Radiographs in JPEG 2000: real ones, cuts of them, and small ones with real grain laid on.

Large real films are few beside the project, and its many films are small. A film that is only
enlarged has nothing fine in it, so that fewer resolution levels would lose nothing; hence the
fine detail of a real radiograph is added.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from openjpeg.utils import decode, encode
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000TransferSyntaxes

from tests.builders.tools import BESIDE
from tests.unit.decode.headers import film as header_of
from triage.decode.geometry import Geometry, geometry
from triage.decode.histogram import sampled, spread
from triage.decode.part10 import read_dataset
from triage.decode.pixel_data import stored_values

DISTINCT = (
    "RG1_J2K_lossy",
    "RG1_JPEGLS_near",
    "presidio_AP_portable_RLE_burnedin",
    "RSNA_like_CR_PA_JPEGbaseline",
    "NIH_DX_SC_test1",
    "NIH_DX_SC_test3",
)
"""Chest films beside the project; the others are one of these under another header."""

RATIO = 10
"""Uncompressed bytes by compressed ones, where something is lost."""

_GRAINY = "RG1_JPEGLS_near"
_GRAIN_SIGMA = 4.0
"""Pixels: what is finer is grain. It has 1.2 % of the film's range, as one standard deviation."""

_MIDDLE = 0.25
"""Part of each side that is left out where grain is taken: no edges of the film."""

_TRIMS = ((1, 2, 0, 3), (3, 0, 1, 1), (2, 5, 4, 0), (7, 1, 2, 6), (4, 4, 9, 3), (11, 6, 5, 8))
"""Hundredths of the sides cut off at the top, right, bottom and left."""


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """A film, as a JPEG 2000 codestream or as it would be compressed without loss.

    Args:
        header: says how it is shown.
        layout: what the header says of the pixels.
        values: (rows, columns), what the codestream unfolds to with all its levels.
        codestream: ISO/IEC 15444-1, without boxes; empty where nobody has compressed the film.
    """

    header: Dataset
    layout: Geometry
    values: NDArray[np.generic]
    codestream: bytes = b""


def real() -> Iterator[Radiograph]:
    """Yield the large films beside the project, as they came or compressed without loss."""
    for name in DISTINCT:
        header = _header(name)
        layout = geometry(header)
        values, _ = stored_values(header, layout)
        if header.file_meta.TransferSyntaxUID in JPEG2000TransferSyntaxes:
            came = next(generate_frames(header.PixelData, number_of_frames=1))
            yield Radiograph(header, layout, values, came)
        else:
            yield compressed(Radiograph(header, layout, values))


def cut(*, lossy: bool) -> Iterator[Radiograph]:
    """Yield parts of the large films: the same grain, on another grid of pixels."""
    for whole in real():
        rows, columns = whole.values.shape
        for trims in _TRIMS:
            top, right, bottom, left = (part / 100 for part in trims)
            down = slice(int(top * rows), int((1 - bottom) * rows))
            across = slice(int(left * columns), int((1 - right) * columns))
            part = Radiograph(whole.header, whole.layout, whole.values[down, across])
            yield compressed(part, lossy=lossy)


def grained(number: int, *, side: int) -> Iterator[Radiograph]:
    """Yield films of adults, of the validation split, enlarged and with grain.

    Args:
        number: films, at most 1,055.
        side: rows and columns.
    """
    grain = _grain(side)
    names = _adults()
    for name in names[:: len(names) // number][:number]:
        gray = cv2.imread(str(BESIDE / name), cv2.IMREAD_GRAYSCALE)
        if gray is None:
            raise FileNotFoundError(name)
        large = cv2.resize(gray.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
        words = np.clip(np.rint(4095 * (large / 255 + grain)), 0, 4095).astype(np.uint16)
        header = header_of(words, WindowCenter="2048", WindowWidth="4096")
        yield Radiograph(header, geometry(header), words)


def compressed(plain: Radiograph, *, lossy: bool = False) -> Radiograph:
    """Compress values, by the 5/3 wavelet without loss or by the 9/7 wavelet to a tenth."""
    values = np.ascontiguousarray(plain.values)
    ratios = [float(RATIO)] if lossy else None
    stream = encode(values, bits_stored=plain.layout.bits_stored, compression_ratios=ratios)
    return replace(plain, values=decode(stream) if lossy else values, codestream=stream)


def _header(name: str) -> Dataset:
    with (BESIDE / "dicom" / f"{name}.dcm").open("rb") as file:
        return read_dataset(file)


def _adults() -> list[str]:
    with (BESIDE / "cxr" / "labels.csv").open(newline="", encoding="utf-8") as file:
        return [
            row["file"]
            for row in csv.DictReader(file)
            if row["file"].startswith("cxr/val/nih") and int(row["age"]) >= 18
        ]


def _grain(side: int) -> NDArray[np.float32]:
    """Take what is fine in a real radiograph, as part of its range, mirrored to a square."""
    header = _header(_GRAINY)
    values, _ = stored_values(header, geometry(header))
    low, high = spread(sampled(values, None))
    shown = values.astype(np.float32)
    fine = (shown - cv2.GaussianBlur(shown, (0, 0), _GRAIN_SIGMA)) / (high - low)
    rows, columns = (int(_MIDDLE * length) for length in fine.shape)
    inner = fine[rows:-rows, columns:-columns]
    beyond = [(0, max(0, side - length)) for length in inner.shape]
    return np.asarray(np.pad(inner, beyond, mode="symmetric")[:side, :side], np.float32)
