"""Laws of lettering: a name in a film's corner is seen whatever it is written with."""

import cv2
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from triage.decode.lettering import bears_lettering

names = st.text("ABCDEFGHJKLMNPRSUVWXY0123456789", min_size=8, max_size=16)
"""Without letters whose arms touch their neighbours', as those of T and Z do."""

sizes = st.sampled_from([(400, 320), (1024, 1024), (2200, 1800)])
ends = st.sampled_from([0, 255])

INK = 60
"""Grays from black or white; the film has none so near to either."""


def shaded(size: tuple[int, int]) -> Image.Image:
    """A film in shades of gray."""
    down, across = np.mgrid[0 : 3 : size[0] * 1j, 0 : 4 : size[1] * 1j]
    return Image.fromarray(np.asarray(120 + 50 * np.sin(down) * np.cos(across), np.uint8))


@settings(max_examples=60)
@given(name=names, size=sizes, end=ends, scale=st.floats(0.02, 0.05))
def test_a_printed_name_is_seen(name: str, size: tuple[int, int], end: int, scale: float) -> None:
    picture = shaded(size)
    font = ImageFont.load_default(max(18, scale * size[1]))

    ImageDraw.Draw(picture).text((size[1] // 20, size[0] // 20), name, end, font)

    assume(_glyphs(np.asarray(picture), end) == len(name))  # letters that touch may be missed
    assert bears_lettering(np.asarray(picture))


def _glyphs(pixels: NDArray[np.uint8], end: int) -> int:
    """Count the patches of ink."""
    ink = (np.abs(pixels.astype(int) - end) < INK).astype(np.uint8)
    return int(cv2.connectedComponents(ink, connectivity=8)[0]) - 1


@settings(max_examples=60)
@given(name=names, size=sizes, end=ends, scale=st.floats(0.002, 0.003))
def test_a_drawn_name_is_seen(name: str, size: tuple[int, int], end: int, scale: float) -> None:
    pixels = np.array(shaded(size))
    drawn, thickness = scale * size[1], max(1, round(2 * scale * size[1]))

    cv2.putText(pixels, name, (10, size[0] // 4), cv2.FONT_HERSHEY_SIMPLEX, drawn, end, thickness)

    assert bears_lettering(pixels)
