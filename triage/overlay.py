"""The picture that goes back: the film, its strongest finding's heat map, and what it means.

The film lies at the picture's origin and nothing but the heat map and its contour is drawn on
it; findings and legend have a panel of their own, so that no marker of the film is covered.
"""

import hashlib
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from triage.domain.assessment import Assessment, HeatMap, Model
from triage.domain.film import Film
from triage.domain.product import MODEL_NAME

Picture: TypeAlias = NDArray[np.uint8]
"""``uint8`` (rows, columns, 3), RGB."""

_LAYOUT = 2
"""Counts the changes of this file that move a pixel."""

_SMALLEST = 768
"""Pixels of the film's long side below which the panel beside it would not be legible."""

_ABSENCE = "Absence of marks says nothing: a place or film without them is not thereby normal."
_Color: TypeAlias = tuple[int, int, int]
_BACKGROUND, _TEXT, _FAINT = (24, 24, 24), (232, 232, 232), (160, 160, 160)
_ALERT, _CONTOUR = (255, 196, 0), (0, 255, 224)
_PANEL_EMS, _TICKS_APART = 28, 0.12


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

    Raises:
        ValueError: a setting is outside its range.
    """

    color_map: ColorMap = ColorMap.INFERNO
    opacity: float = 0.45
    visible_from: float = 0.25
    long_side: int | None = 1536

    def __post_init__(self) -> None:
        if not 0.0 < self.opacity <= 1.0:
            raise ValueError(f"opacity {self.opacity}: within (0, 1]")
        if not 0.0 < self.visible_from < 1.0:
            raise ValueError(f"visible_from {self.visible_from}: within (0, 1)")
        if self.long_side is not None and self.long_side < _SMALLEST:
            raise ValueError(f"long_side {self.long_side}: at least {_SMALLEST}")

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the settings and the layout that draws them."""
        settings = (self.color_map.value, self.opacity, self.visible_from, self.long_side)
        return hashlib.sha256(f"{_LAYOUT} {settings}".encode("ascii")).hexdigest()


def draw(film: Film, assessment: Assessment, *, appearance: Appearance) -> Picture:
    """Draw the film with the heat map of its strongest flagged finding, and the panel.

    Args:
        film: one frontal film; it is shrunk to ``appearance.long_side`` and enlarged only where
            its long side is below 768 pixels.
        assessment: what is said of it; only a flagged finding is drawn on the film.
        appearance: the settings of the picture.

    Returns:
        ``uint8`` (rows, columns, 3), RGB. The film is at the origin; the panel is right of a
        portrait or square film and below a landscape one. Equal arguments give equal pixels.
    """
    scene = _render(film, appearance.long_side)
    height, width = scene.shape[:2]
    weights = _visible_weights(assessment, (height, width), visible_from=appearance.visible_from)
    if weights is not None:
        _paint(scene, weights, appearance=appearance)
    pen = _Pen.of(max(18, round(max(height, width) / 60)))
    findings = [*_heading(assessment.model, pen), *_table(assessment, pen)]
    legend = list(_legend(assessment, appearance, pen=pen, painted=weights is not None))
    if height >= width:
        return _join([scene, _join([*findings, *legend], axis=0)], axis=1)
    return _join([scene, _join([_join(findings, axis=0), _join(legend, axis=0)], axis=1)], axis=0)


def project(heat: HeatMap, size: tuple[int, ...]) -> NDArray[np.float32]:
    """Project a heat map back to the film, bilinear between the centres of its cells.

    The centre of the film's pixel ``i`` of ``n`` lies at ``top + height * (i + 0.5) / n`` of the
    network's input, and the centre of the map's cell ``j`` of ``m`` at ``(j + 0.5) / m``.

    Args:
        heat: weights (cell rows, cell columns) over the network's input, and its placement.
        size: rows and columns of the film, at any resolution.

    Returns:
        ``float32`` (rows, columns) within [0, 1]; level beyond the outer cells, 0 in margins.
    """
    place, cut, cells = heat.placement, heat.placement.margins, heat.weights.shape
    down = _hats(size[0], cells[0], span=(place.top, place.height), cut=(cut.top, cut.bottom))
    across = _hats(size[1], cells[1], span=(place.left, place.width), cut=(cut.left, cut.right))
    # Exact where cv2.resize is not: it rounds positions to a 32nd of a cell, some 7 pixels here.
    return np.asarray(down @ heat.weights @ across.T, np.float32)


def save_png(picture: Picture, path: Path) -> None:
    """Write a picture as PNG without any metadata.

    Args:
        picture: ``uint8`` (rows, columns, 3), RGB.
        path: the file to write; its suffix is not looked at.
    """
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), fast)
    path.write_bytes(encoded.tobytes())


def _render(film: Film, long_side: int | None) -> Picture:
    """Render the film as RGB at the size that the picture has for it."""
    shrunk = _scaled(film.shape, min(1.0, (long_side or max(film.shape)) / max(film.shape)))
    gray = film.render(shrunk)
    if max(shrunk) < _SMALLEST:
        rows, columns = _scaled(shrunk, _SMALLEST / max(shrunk))
        gray = np.asarray(cv2.resize(gray, (columns, rows)), np.float32)
    levels = cv2.convertScaleAbs(gray, alpha=255.0)
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_GRAY2RGB), np.uint8)


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _hats(
    size: int, cells: int, *, span: tuple[float, float], cut: tuple[float, float]
) -> NDArray[np.float32]:
    """Weigh cells for each pixel, ``float32`` (size, cells): rows sum to 1, in margins to 0."""
    centers = (np.arange(size) + 0.5) / size
    position = np.clip((span[0] + span[1] * centers) * cells - 0.5, 0, cells - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(cells)))
    hats[(centers < cut[0]) | (centers > 1 - cut[1])] = 0
    return hats.astype(np.float32)


def _paint(scene: Picture, weights: NDArray[np.float32], *, appearance: Appearance) -> None:
    """Blend the colours of ``weights`` into ``scene`` where they are visible, with a contour."""
    mask = (weights >= appearance.visible_from).astype(np.uint8)
    # Erosion takes what is outside the film for inside, so that the film's edge is no contour.
    thick = 2 * max(1, round(max(scene.shape) / 1000)) + 1
    contour = mask - cv2.erode(mask, np.ones((thick, thick), np.uint8))
    left, top, width, height = cv2.boundingRect(mask)
    part = np.s_[top : top + height, left : left + width]
    levels = cv2.convertScaleAbs(weights[part], alpha=255.0)
    colors = cv2.applyColorMap(levels, _palette(appearance))
    blended = cv2.addWeighted(scene[part], 1 - appearance.opacity, colors, appearance.opacity, 0)
    blended[contour[part] > 0] = _CONTOUR
    np.copyto(scene[part], blended, where=mask[part][..., None] > 0)


def _visible_weights(
    assessment: Assessment, size: tuple[int, int], *, visible_from: float
) -> NDArray[np.float32] | None:
    """Project the strongest flagged finding's map, ``None`` where no place would be painted."""
    heat = next((assessment.heat_map(finding.label) for finding in assessment.flagged), None)
    weights = None if heat is None else project(heat, size)
    return weights if weights is not None and weights.max() >= visible_from else None


def _palette(appearance: Appearance) -> NDArray[np.uint8]:
    """Tabulate the colour map, ``uint8`` (256, 1, 3), RGB."""
    tables = {ColorMap.INFERNO: cv2.COLORMAP_INFERNO, ColorMap.JET: cv2.COLORMAP_JET}
    levels = np.arange(256, dtype=np.uint8)[:, None]
    return np.ascontiguousarray(cv2.applyColorMap(levels, tables[appearance.color_map])[..., ::-1])


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes lines of the panel, each ``uint8`` (rows, panel width, 3); ``em`` is in pixels."""

    em: int
    font: ImageFont.FreeTypeFont

    @classmethod
    def of(cls, em: int) -> "_Pen":
        font = cast("ImageFont.FreeTypeFont", ImageFont.load_default(em))
        # The plain layout gives the same pixels whether or not libraqm is installed.
        return cls(em, font.font_variant(layout_engine=ImageFont.Layout.BASIC))

    def line(
        self, *cells: tuple[float, str, str], color: _Color = _TEXT, size: float = 1
    ) -> Picture:
        """Write cells of (ems from the left, anchor as Pillow names it, text) on one line."""
        strip = Image.new("RGB", (_PANEL_EMS * self.em, round(1.5 * size * self.em)), _BACKGROUND)
        canvas, middle = ImageDraw.Draw(strip), strip.height // 2
        font = self.font.font_variant(size=round(size * self.em)) if size != 1 else self.font
        for left, anchor, text in cells:
            canvas.text((round(left * self.em), middle), text, color, font, anchor)
        return np.asarray(strip)

    def paragraph(self, text: str, *, color: _Color = _TEXT) -> Iterator[Picture]:
        """Write ``text`` on as many lines as it needs."""
        room = (_PANEL_EMS - 2) * self.em
        letters = int(len(text) * room / self.font.getlength(text))
        while max(map(self.font.getlength, parts := textwrap.wrap(text, letters))) > room:
            letters -= 1
        return (self.line((1, "lm", part), color=color) for part in parts)


def _heading(model: Model, pen: _Pen) -> Iterator[Picture]:
    yield pen.line((1, "lm", "AI - NOT FOR DIAGNOSTIC USE"), color=_ALERT, size=1.3)
    yield from pen.paragraph(f"{MODEL_NAME}, model {model.name} {model.version}", color=_FAINT)
    yield from pen.paragraph(f"bundle {model.digest[:12]}", color=_FAINT)


def _table(assessment: Assessment, pen: _Pen) -> Iterator[Picture]:
    """List every finding, the flagged ones first; what is flagged stands out in colour."""
    yield pen.line()
    yield _row("Finding", "Probability", "Threshold", "Tier", pen=pen, color=_FAINT)
    others = (finding for finding in assessment.findings if not finding.flagged)
    for finding in (*assessment.flagged, *others):
        yield _row(
            finding.label.replace("_", " ")[:24],
            f"{finding.probability:.3f}",
            f"{finding.threshold:.3f}",
            finding.tier.value.removesuffix("_threshold"),
            pen=pen,
            color=_ALERT if finding.flagged else _TEXT,
        )


def _row(*texts: str, pen: _Pen, color: _Color) -> Picture:
    places = ((1, "lm"), (17.3, "rm"), (23, "rm"), (23.7, "lm"))
    cells = ((*place, text) for place, text in zip(places, texts, strict=True))
    return pen.line(*cells, color=color)


def _legend(
    assessment: Assessment, appearance: Appearance, *, pen: _Pen, painted: bool
) -> Iterator[Picture]:
    """Say by numbers what the colours mean, or why there are none."""
    visible = f"{appearance.visible_from:g}"
    yield pen.line()
    yield from _bar(appearance, pen) if painted else ()
    for finding in assessment.flagged[:1]:
        yield from pen.paragraph(
            f"Evidence for {finding.label} (Grad-CAM), painted from {visible} on; what the model "
            "calls strong is 1."
            if painted
            else f"{finding.label}: no localisation, no place reaches {visible}."
        )
    if not assessment.flagged:
        yield from pen.paragraph("No finding is flagged, so nothing is painted.")
    yield from pen.paragraph(_ABSENCE, color=_ALERT)
    yield pen.line()


def _bar(appearance: Appearance, pen: _Pen) -> Iterator[Picture]:
    """Paint all weights, as on the film, over all grays from white to black."""
    inset, length = 2, _PANEL_EMS - 4
    grays = np.linspace(255, 0, 2 * pen.em).astype(np.uint8)[:, None, None]
    scene = np.ascontiguousarray(np.broadcast_to(grays, (2 * pen.em, length * pen.em, 3)))
    weights = np.linspace(0, 1, length * pen.em, dtype=np.float32)
    _paint(scene, np.tile(weights, (2 * pen.em, 1)), appearance=appearance)
    yield _join([np.full((1, inset * pen.em, 3), _BACKGROUND, np.uint8), scene], axis=1)
    visible = appearance.visible_from
    even = [tick for tick in (0.0, 0.25, 0.5, 0.75, 1.0) if abs(tick - visible) > _TICKS_APART]
    yield pen.line(*((inset + length * tick, "mm", f"{tick:g}") for tick in (visible, *even)))


def _join(parts: Sequence[Picture], *, axis: int) -> Picture:
    """Set pictures below (axis 0) or right of (axis 1) one another, filled up at their ends."""
    extent = max(part.shape[1 - axis] for part in parts)
    return np.concatenate([_filled(part, extent, axis=axis) for part in parts], axis=axis)


def _filled(part: Picture, extent: int, *, axis: int) -> Picture:
    down, right = ((0, extent - part.shape[1]), (extent - part.shape[0], 0))[axis]
    kind = cv2.BORDER_CONSTANT
    return np.asarray(cv2.copyMakeBorder(part, 0, down, 0, right, kind, value=_BACKGROUND))
