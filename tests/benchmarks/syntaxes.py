"""Films in transfer syntaxes: those of the shelf, transcoded by DCMTK and GDCM."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from tests.benchmarks.objects import Shelf, Size

LEVELS_OF_A_BYTE = 16
"""Gray levels of 12 bits that become one of 8."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """A transfer syntax, and how a film comes to it.

    Args:
        name: for a cell.
        title: as the standard calls it.
        command: of DCMTK or GDCM, without the two files; ``()`` where the shelf's own has it.
        bits: allocated; of 8 the film is another one.
    """

    name: str
    title: str
    command: tuple[str, ...] = ()
    bits: int = 16

    @property
    def is_here(self) -> bool:
        """Whether the command is installed."""
        return not self.command or shutil.which(self.command[0]) is not None


SYNTAXES = (
    Syntax("explicit", "explicit VR little endian"),
    Syntax("implicit", "implicit VR little endian", ("dcmconv", "+ti")),
    Syntax("deflated", "deflated", ("dcmconv", "+td")),
    Syntax("rle", "RLE", ("dcmcrle",)),
    Syntax("jpeg-lossless", "JPEG lossless", ("dcmcjpeg", "+e1")),
    Syntax("jpeg-ls", "JPEG-LS lossless", ("dcmcjpls", "+el")),
    Syntax("jpeg-2000", "JPEG 2000 lossless", ("gdcmconv", "--j2k")),
    Syntax("jpeg-8", "JPEG baseline, 8 bits", ("dcmcjpeg", "+eb"), bits=8),
)


def transcoded(shelf: Shelf, size: Size, syntax: Syntax, number: int) -> list[Path]:
    """Return so many different films; they are made when first asked for."""
    plain = shelf.files(size, number)
    return [_transcoded(path, syntax) for path in plain] if syntax.command else plain


def _transcoded(plain: Path, syntax: Syntax) -> Path:
    made = plain.with_name(f"{plain.stem}-{syntax.name}.dcm")
    if not made.exists():
        source = plain if syntax.bits > 8 else _of_bytes(plain, made.with_suffix(".bytes"))
        subprocess.run((*syntax.command, source, made), check=True, capture_output=True)
        if source is not plain:
            source.unlink()
    return made


def _of_bytes(plain: Path, path: Path) -> Path:
    """Write the same film in 256 gray levels."""
    film = dcmread(plain)
    levels = (film.pixel_array // LEVELS_OF_A_BYTE).astype(np.uint8)
    film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 7
    film.WindowCenter, film.WindowWidth = 128, 256
    film.PixelData = levels.tobytes()
    film["PixelData"].VR = "OB"
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.save_as(path, enforce_file_format=True)
    return path
