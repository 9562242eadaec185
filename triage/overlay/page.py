"""The picture that goes back: the film, a finding's heat map, and what it means.

The film lies at the picture's origin and nothing but the heat map and its contour is drawn on
it; findings and legend have a panel of their own, so that no marker of the film is covered.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Assessment
from triage.domain.film import Film
from triage.overlay.appearance import SMALLEST, Appearance
from triage.overlay.heat import paint, project
from triage.overlay.panel import Page, write_findings, write_legend
from triage.overlay.pen import BACKGROUND, PANEL_EMS, Pen, Picture


def count_pages(assessment: Assessment, *, appearance: Appearance) -> int:
    """Count the pages of a film: one for each flagged finding, as far as the settings allow."""
    return max(1, min(appearance.pages, len(assessment.flagged)))


def draw(film: Film, assessment: Assessment, *, appearance: Appearance, page: int = 1) -> Picture:
    """Draw the film with the heat map of a flagged finding, and the panel.

    Args:
        film: one frontal film; it is shrunk to ``appearance.long_side`` and enlarged only where
            its long side is below 768 pixels.
        assessment: what is said of it; only a flagged finding is drawn on the film.
        appearance: the settings of the picture.
        page: from 1, which shows the strongest flagged finding.

    Returns:
        ``uint8`` (rows, columns, 3), RGB. The film is at the origin; the panel is right of a
        portrait or square film and below a landscape one. Equal arguments give equal pixels.
    """
    shown = Page(assessment, page, count_pages(assessment, appearance=appearance))
    size = _size(film, appearance.long_side)
    weights = _visible_weights(shown, size, visible_from=appearance.visible_from)
    pen = Pen(max(18, round(max(size) / 60)), appearance.lettering)
    findings = [*write_findings(shown, pen, words=appearance.words)]
    legend = [*write_legend(shown, pen, appearance=appearance, painted=weights is not None)]
    picture = _lay_out(size, findings, legend, width=PANEL_EMS * pen.em)
    scene = picture[: size[0], : size[1]]
    _render(film, scene)
    if weights is not None:
        paint(scene, weights, appearance=appearance)
    return picture


def _size(film: Film, long_side: int | None) -> tuple[int, int]:
    """Choose the size that the film has in the picture."""
    longest = max(film.shape)
    shrunk = _scaled(film.shape, min(1.0, (long_side or longest) / longest))
    return shrunk if max(shrunk) >= SMALLEST else _scaled(shrunk, SMALLEST / max(shrunk))


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _visible_weights(
    page: Page, size: tuple[int, int], *, visible_from: float
) -> NDArray[np.float32] | None:
    """Project the map of the page's finding, ``None`` where no place would be painted."""
    explained = page.explained
    heat = None if explained is None else page.assessment.heat_map(explained.label)
    weights = None if heat is None else project(heat, size)
    return weights if weights is not None and weights.max() >= visible_from else None


def _render(film: Film, scene: Picture) -> None:
    """Render the film into its place, where it is smaller than that enlarged."""
    rows, columns, _ = scene.shape
    gray = film.render((min(rows, film.shape[0]), min(columns, film.shape[1])))
    if gray.shape != (rows, columns):
        gray = np.asarray(cv2.resize(gray, (columns, rows)), np.float32)
    cv2.cvtColor(cv2.convertScaleAbs(gray, alpha=255.0), cv2.COLOR_GRAY2RGB, dst=scene)


def _lay_out(
    size: tuple[int, int], findings: Sequence[Picture], legend: Sequence[Picture], *, width: int
) -> Picture:
    """Set findings and legend beside or below the place of the film, which is left empty."""
    rows, columns = size
    if rows >= columns:
        parts = [(0, columns, [*findings, *legend])]
    else:
        parts = [(rows, 0, [*findings]), (rows, width, [*legend])]
    extent = max(rows, *(top + _height(lines) for top, _, lines in parts))
    picture = np.empty((extent, max(columns, parts[-1][1] + width), 3), np.uint8)
    picture[...] = BACKGROUND[0]
    for top, left, lines in parts:
        below = accumulate((len(line) for line in lines), initial=top)
        for begin, line in zip(below, lines, strict=False):
            picture[begin : begin + len(line), left : left + width] = line
    return picture


def _height(lines: Iterable[Picture]) -> int:
    return sum(len(line) for line in lines)
