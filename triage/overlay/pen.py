"""Lines of the panel, written one below the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.overlay.lettering import LINE, Lettering

Picture: TypeAlias = NDArray[np.uint8]
"""``uint8`` (rows, columns, 3), RGB."""

Color: TypeAlias = tuple[int, int, int]

BACKGROUND, TEXT, FAINT = (24, 24, 24), (232, 232, 232), (160, 160, 160)
ALERT = (255, 196, 0)

PANEL_EMS = 28
"""Width of the panel."""

_PIECES = re.compile(r"[\u2e80-\uffef][\uff0c\u3002\uff1a\uff1b\uff09]* ?|[^\s\u2e80-\uffef]+ ?")
"""Words, and Chinese characters with the punctuation that must not begin a line."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes lines of the panel, each ``uint8`` (rows, panel width, 3).

    Args:
        em: height of the text in pixels.
        lettering: the font.
    """

    em: int
    lettering: Lettering

    def line(self, *cells: tuple[float, str, str], color: Color = TEXT, size: float = 1) -> Picture:
        """Write cells on one line.

        Args:
            cells: ems from the left, ``l``, ``m`` or ``r`` for what of the text stands there,
                and the text.
            color: of the text.
            size: of the text, in ems.
        """
        pixels = round(size * self.em)
        ink = np.zeros((round(LINE * pixels), PANEL_EMS * self.em), np.uint8)
        for place, anchor, text in cells:
            mask = self.lettering.mask(text, pixels)
            before = {"l": 0, "m": mask.shape[1] // 2, "r": mask.shape[1]}[anchor]
            left = max(0, round(place * self.em) - before)
            part = ink[:, left : left + mask.shape[1]]
            np.maximum(part, mask[:, : part.shape[1]], out=part)
        return np.asarray(cv2.applyColorMap(ink, _shades(color)), np.uint8)

    def fitted(self, text: str, ems: float) -> str:
        """Cut a text to what has room in so many ems."""
        while text and self.lettering.width(text, self.em) > ems * self.em:
            text = text[:-1]
        return text

    def paragraph(self, text: str, *, color: Color = TEXT) -> Iterator[Picture]:
        """Write ``text`` on as many lines as it needs."""
        return (self.line((1, "l", part), color=color) for part in self._parts(text))

    def _parts(self, text: str) -> list[str]:
        """Break a text between words, or within one that has no room on a line of its own."""
        parts = [""]
        for word in _PIECES.findall(text):
            for piece in [word] if self._has_room(word) else word:
                if parts[-1] and not self._has_room(parts[-1] + piece):
                    parts.append("")
                parts[-1] += piece
        return parts

    def _has_room(self, text: str) -> bool:
        return self.lettering.width(text.rstrip(), self.em) <= (PANEL_EMS - 2) * self.em


def _shades(color: Color) -> NDArray[np.uint8]:
    """Tabulate the colours from the background to the ink, ``uint8`` (256, 1, 3)."""
    share = np.linspace(0, 1, 256)[:, None, None]
    return np.rint(BACKGROUND + share * np.subtract(color, BACKGROUND)).astype(np.uint8)
