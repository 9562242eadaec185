"""The settings of the picture."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from triage.domain.errors import ConfigurationError
from triage.overlay.lettering import Lettering
from triage.overlay.words import WORDS, Language, Words

LAYOUT = 3
"""Counts the changes of this package that move a pixel."""

SMALLEST = 768
"""Pixels of the film's long side below which the panel beside it would not be legible."""

MOST_PAGES = 3
"""Pages of one film, each with the map of another flagged finding."""

BEST_JPEG = 100
"""The highest quality that JPEG encoders know."""

_NAMED = 5
"""Missing letters that a refusal names."""

_ALWAYS = "".join(map(chr, range(0x21, 0x7F)))
"""What numbers, versions and digests are written in."""


class ColorMap(StrEnum):
    """How weights become colours."""

    INFERNO = "inferno"  # equal steps of the weight look equally large
    JET = "jet"  # the rainbow in which class activation maps are usually printed


@dataclass(frozen=True, slots=True)
class Appearance:
    """The settings of the picture; they are part of a result's UID.

    Args:
        color_map: how weights become colours.
        opacity: of the colours on the film, within (0, 1].
        visible_from: the weight from which a place is painted, within (0, 1).
        long_side: pixels of the film's longer side in the picture, at least 768; ``None`` for
            the film's own resolution.
        pages: at most so many of one film, 1 to 3, each with the map of another finding.
        language: of the panel.
        lettering: the font of the panel.
        jpeg_quality: 1 to 100 for a capture that loses by JPEG, ``None`` for one that does not.

    Raises:
        ValueError: a setting is outside its range.
    """

    color_map: ColorMap = ColorMap.INFERNO
    opacity: float = 0.45
    visible_from: float = 0.25
    long_side: int | None = 1536
    pages: int = 1
    language: Language = Language.ENGLISH
    lettering: Lettering = field(default_factory=Lettering)
    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.opacity <= 1.0:
            raise ValueError(f"opacity {self.opacity}: within (0, 1]")
        if not 0.0 < self.visible_from < 1.0:
            raise ValueError(f"visible_from {self.visible_from}: within (0, 1)")
        if self.long_side is not None and self.long_side < SMALLEST:
            raise ValueError(f"long_side {self.long_side}: at least {SMALLEST}")
        if not 1 <= self.pages <= MOST_PAGES:
            raise ValueError(f"pages {self.pages}: 1 to {MOST_PAGES}")
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality <= BEST_JPEG:
            raise ValueError(f"jpeg_quality {self.jpeg_quality}: 1 to {BEST_JPEG}")

    @property
    def words(self) -> Words:
        """The sentences of the panel."""
        return WORDS[self.language]

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the settings, the font, and the layout that draws them."""
        settings = (
            self.color_map.value,
            self.opacity,
            self.visible_from,
            self.long_side,
            self.pages,
            self.language.value,
            self.lettering.digest,
            self.jpeg_quality,
        )
        return hashlib.sha256(f"{LAYOUT} {settings}".encode("ascii")).hexdigest()

    def require_glyphs(self, names: Iterable[str]) -> None:
        """Prove that everything can be written, so that no picture has boxes for letters.

        Args:
            names: of the model, its version and its labels, as the bundle names them.

        Raises:
            ConfigurationError: the font lacks a character.
        """
        named = "".join(map(self.words.name, names))
        if missing := self.lettering.missing(_ALWAYS + self.words.letters + named):
            shown = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in missing[:_NAMED])
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            raise ConfigurationError(
                f"picture.font: {self.lettering.name} has no glyph for {shown}{more}, which "
                f"language {self.language.value} and the bundle's names need"
            )
