"""DCMTK's renderer as a peer: it draws a file with the window that it is asked for.

Its programs differ by the decoders that they hold: dcml2pnm knows JPEG-LS, dcmj2pnm the rest.
"""

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import JPEGLSTransferSyntaxes

_HEADER_END = b"\n255\n"


def drawn(path: Path, *options: str) -> NDArray[np.uint8]:
    """Draw a film.

    Args:
        path: a DICOM file.
        options: such as ``+Wi 1``, the first window of the file.

    Returns:
        (rows, columns) of a gray picture, (rows, columns, 3) of a coloured one.
    """
    syntax = getattr(dcmread(path, force=True).file_meta, "TransferSyntaxUID", None)
    program = "dcml2pnm" if syntax in JPEGLSTransferSyntaxes else "dcmj2pnm"
    command = (program, "--quiet", "--write-raw-pnm", *options, str(path))
    pnm = subprocess.run(command, capture_output=True, check=True).stdout
    header, pixels = pnm.split(_HEADER_END, 1)
    columns, rows = (int(side) for side in header.splitlines()[-1].split())
    shape = (rows, columns) if header.startswith(b"P5") else (rows, columns, 3)
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def gray_levels(shown: NDArray[np.floating]) -> NDArray[np.int64]:
    """Quantise [0, 1] to the 256 levels of a picture file."""
    return np.rint(np.asarray(shown, dtype=np.float64) * 255).astype(np.int64)
