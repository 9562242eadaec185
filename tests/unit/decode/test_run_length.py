import struct
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.encaps import generate_frames
from pydicom.uid import RLELossless

from tests.unit.decode.headers import GRADIENT, film
from triage.decode.geometry import Geometry, geometry
from triage.decode.run_length import decoded

NOISE = np.random.default_rng(4).integers(0, 4096, (33, 71), dtype=np.uint16)


def packed(values: NDArray[np.generic]) -> tuple[bytes, Geometry]:
    """The frame and its description."""
    dataset = film(values, BitsStored=8 * values.itemsize)
    layout = geometry(dataset)
    dataset.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    return next(generate_frames(dataset.PixelData, number_of_frames=1)), layout


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("values", [GRADIENT, NOISE], ids=["gradient", "noise"])
def test_a_frame_is_what_was_packed(values: NDArray[np.uint16], dtype: type[np.generic]) -> None:
    expected = (values % 256 if np.dtype(dtype).itemsize == 1 else values).astype(dtype)

    found = decoded(*packed(expected))

    assert found is not None
    assert found.dtype == dtype
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "header",
    [
        (0, 64, 80),
        (1, 64),
        (3, 64, 80, 90),
        (2, 64, 64),
        (2, 80, 64),
        (2, 64, 1 << 31),
        (2, 0, 64),
        (99, 64, 80),
    ],
    ids=str,
)
def test_a_frame_with_segments_out_of_place_is_left_to_others(header: tuple[int, ...]) -> None:
    frame, layout = packed(NOISE)

    broken = struct.pack("<16I", *header, *[0] * (16 - len(header))) + frame[64:]

    assert decoded(broken, layout) is None


@pytest.mark.parametrize("kept", [0, 3, 63, 64, 65, 66, 500])
def test_a_frame_cut_short_is_left_to_others(kept: int) -> None:
    frame, layout = packed(NOISE)

    assert decoded(frame[:kept], layout) is None


def test_a_frame_of_fewer_pixels_is_left_to_others() -> None:
    frame, layout = packed(NOISE)

    assert decoded(frame, replace(layout, rows=layout.rows + 1)) is None


def test_colour_is_left_to_others() -> None:
    frame, layout = packed(NOISE)

    assert decoded(frame, replace(layout, samples=3)) is None
