import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames

from tests.builders.tools import needs
from tests.unit.decode.headers import GRADIENT, film, saved
from triage.decode.extended import decoded, is_needed
from triage.decode.geometry import geometry
from triage.domain.errors import UnassessableFilm


def frame_of(folder: Path, *, bits: int = 12) -> bytes:
    """The gradient as DCMTK compresses it in JPEG Extended."""
    values = GRADIENT if bits == 12 else (GRADIENT // 16).astype(np.uint8)
    source = saved(film(values, BitsStored=bits), folder / "plain")
    subprocess.run(["dcmcjpeg", "+ee", source, folder / "packed"], check=True)
    return next(generate_frames(dcmread(folder / "packed").PixelData, number_of_frames=1))


@needs("dcmcjpeg")
def test_twelve_bits_are_decoded(tmp_path: Path) -> None:
    values = decoded(frame_of(tmp_path), geometry(film()))

    assert np.abs(values.astype(int) - GRADIENT).max() <= 2


@needs("dcmcjpeg")
@pytest.mark.parametrize(("bits", "needed"), [(12, True), (8, False)])
def test_only_twelve_bits_need_it(tmp_path: Path, bits: int, needed: bool) -> None:
    assert is_needed(frame_of(tmp_path, bits=bits)) is needed


@needs("dcmcjpeg")
@pytest.mark.parametrize("kept", [200, 400])
def test_a_broken_stream_is_no_picture(tmp_path: Path, kept: int) -> None:
    frame = frame_of(tmp_path)

    with pytest.raises(UnassessableFilm, match="cannot be decoded"):
        decoded(frame[:kept], geometry(film()))


@pytest.mark.parametrize("changes", [{"SamplesPerPixel": 3}, {"BitsStored": 8}])
def test_other_layouts_are_refused(changes: dict[str, int]) -> None:
    values = GRADIENT if "SamplesPerPixel" in changes else GRADIENT.astype(np.uint8)

    with pytest.raises(UnassessableFilm, match="JPEG Extended of 12 bits"):
        decoded(b"", geometry(film(values, **changes)))
