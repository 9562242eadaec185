"""Text as masks, in Pillow's font or in a font of the site's."""

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from triage.domain.errors import ConfigurationError

LINE = 1.5
"""Height of a line, in ems."""

_NOBODYS = "\U0010ffff"
"""A noncharacter (Unicode 23.7): fonts show for it what they show for all that they lack."""

_KEPT = 1024
"""Masks that are kept: of one picture to the next only numbers change."""


class Lettering:
    """A font at any size; equal texts give equal masks, and cost only once.

    Args:
        file: a TrueType or OpenType font, read here and never again; Pillow's own if absent.
        face: counts the faces of a collection from 0.

    Raises:
        ConfigurationError: the file cannot be read, or is no font with such a face.
    """

    def __init__(self, file: Path | None = None, *, face: int = 0) -> None:
        self.name = "the built-in font" if file is None else f"{file}, face {face},"
        if file is None:
            self.digest = ""
            self._font = cast("ImageFont.FreeTypeFont", ImageFont.load_default(16))
        else:
            content = _read(file)
            self.digest = f"{hashlib.sha256(content).hexdigest()} {face}"
            self._font = _open(content, face, file)
        self._sized = lru_cache(maxsize=16)(self._resize)
        self.mask = lru_cache(maxsize=_KEPT)(self._write)
        self.width = lru_cache(maxsize=_KEPT)(self._measure)

    def missing(self, text: str) -> str:
        """Name the characters of ``text`` that the font has no glyph for, each once.

        A glyph is missing where the font shows the same as for a character that is nobody's.
        """
        font = self._sized(32)
        absent = bytes(font.getmask(_NOBODYS)), font.getlength(_NOBODYS)
        letters = [letter for letter in dict.fromkeys(text) if not letter.isspace()]
        return "".join(
            letter
            for letter in letters
            if (bytes(font.getmask(letter)), font.getlength(letter)) == absent
        )

    def _write(self, text: str, size: int) -> NDArray[np.uint8]:
        """Write one line of text.

        Args:
            text: on one line.
            size: pixels of an em.

        Returns:
            ``uint8`` (``LINE`` ems, width of the text), 255 is ink.
        """
        height, width = round(LINE * size), max(1, -(-round(64 * self.width(text, size)) // 64))
        strip = Image.new("L", (width, height))
        ImageDraw.Draw(strip).text((0, height // 2), text, 255, self._sized(size), "lm")
        return np.asarray(strip)

    def _measure(self, text: str, size: int) -> float:
        """Measure a text: pixels that it advances by."""
        return float(self._sized(size).getlength(text))

    def _resize(self, size: int) -> ImageFont.FreeTypeFont:
        # The plain layout gives the same pixels whether or not libraqm is installed.
        return self._font.font_variant(size=size, layout_engine=ImageFont.Layout.BASIC)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"picture.font {file}: {error.strerror}") from error


def _open(content: bytes, face: int, file: Path) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(BytesIO(content), 16, face, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise ConfigurationError(f"picture.font {file}: no font with a face {face}") from error
