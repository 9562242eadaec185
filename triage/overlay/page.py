"""The picture that goes back: the film, a finding's heat map, and what it means.

The film lies at the picture's origin and nothing but the heat map and its contour is drawn on
it; findings and legend have a panel of their own, so that no marker of the film is covered.
"""

from collections.abc import Sequence
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Assessment
from triage.domain.film import Film
from triage.overlay.appearance import SMALLEST, Appearance
from triage.overlay.heat import paint, project
from triage.overlay.panel import Page, write_heading, write_legend, write_table
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
    heading = [*write_heading(shown, pen, words=appearance.words)]
    table = [*write_table(shown, pen, words=appearance.words)]
    legend = [*write_legend(shown, pen, appearance=appearance, painted=weights is not None)]
    beside = size[0] >= size[1]
    columns = [[*heading, *table, *legend]] if beside else [[*heading, pen.line(), *legend], table]
    picture = _lay_out(size, columns, width=PANEL_EMS * pen.em)
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


def _lay_out(size: tuple[int, int], columns: Sequence[Sequence[Picture]], *, width: int) -> Picture:
    """Set one column beside the film's place, or two below it; the place itself is left empty."""
    top, left = (0, size[1]) if len(columns) == 1 else (size[0], 0)
    height = top + max(sum(map(len, lines)) for lines in columns)
    shape = max(size[0], height), max(size[1], left + width * len(columns)), 3
    picture = np.full(shape, BACKGROUND[0], np.uint8)
    for number, lines in enumerate(columns):
        begin = left + number * width
        for below, line in zip(accumulate(map(len, lines), initial=top), lines, strict=False):
            picture[below : below + len(line), begin : begin + width] = line
    return picture
