"""The panel: who says what of the film, and what the colours mean."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from triage.domain.assessment import Assessment, Finding
from triage.domain.product import MODEL_NAME
from triage.overlay.appearance import Appearance
from triage.overlay.heat import CONTOUR, paint
from triage.overlay.pen import ALERT, BACKGROUND, FAINT, PANEL_EMS, TEXT, Color, Pen, Picture
from triage.overlay.words import TITLE, Words

_TICKS_APART = 0.12
_ROOM_FOR_A_NAME = 13.0
_COLUMNS = ((1.0, "l"), (16.8, "r"), (22.4, "r"), (23.2, "l"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a film.

    Args:
        assessment: everything that is said of the film.
        number: of the page, from 1.
        pages: of the film.
    """

    assessment: Assessment
    number: int
    pages: int

    @property
    def explained(self) -> Finding | None:
        """The flagged finding whose map this page has, the strongest first."""
        flagged = self.assessment.flagged
        return flagged[self.number - 1] if self.number <= len(flagged) else None


def write_heading(page: Page, pen: Pen, *, words: Words) -> Iterator[Picture]:
    """Write the title, and who speaks."""
    model = page.assessment.model
    yield pen.line((1, "l", TITLE), color=ALERT, size=1.3)
    if words.subtitle:
        yield pen.line((1, "l", words.subtitle), color=ALERT)
    made_by = words.made_by.format(product=MODEL_NAME, name=model.name, version=model.version)
    yield from pen.paragraph(made_by, color=FAINT)
    yield from pen.paragraph(words.bundle.format(digest=model.digest[:12]), color=FAINT)
    if page.pages > 1:
        yield from pen.paragraph(words.page.format(page=page.number, pages=page.pages))


def write_table(page: Page, pen: Pen, *, words: Words) -> Iterator[Picture]:
    """List every finding, the flagged ones first; what is flagged stands out in colour."""
    yield pen.line()
    yield _row(*words.columns, pen=pen, color=FAINT)
    others = (finding for finding in page.assessment.findings if not finding.flagged)
    for finding in (*page.assessment.flagged, *others):
        row = _finding(finding, pen, words=words)
        yield _marked(row, pen) if finding is page.explained else row
    yield pen.line()


def _finding(finding: Finding, pen: Pen, *, words: Words) -> Picture:
    return _row(
        pen.fitted(words.name(finding.label), _ROOM_FOR_A_NAME),
        f"{finding.probability:.3f}",
        f"{finding.threshold:.3f}",
        words.tiers[finding.tier],
        pen=pen,
        color=ALERT if finding.flagged else TEXT,
    )


def _row(*texts: str, pen: Pen, color: Color) -> Picture:
    cells = ((*place, text) for place, text in zip(_COLUMNS, texts, strict=True))
    return pen.line(*cells, color=color)


def _marked(row: Picture, pen: Pen) -> Picture:
    """Mark the finding whose map is painted by a bar in the contour's colour."""
    rest, width = row.shape[0] // 6, max(2, pen.em // 5)
    row[rest:-rest, width : 2 * width] = CONTOUR
    return row


def write_legend(
    page: Page, pen: Pen, *, appearance: Appearance, painted: bool
) -> Iterator[Picture]:
    """Say by numbers what the colours mean, or why there are none."""
    words, visible = appearance.words, f"{appearance.visible_from:g}"
    if painted:
        yield from _bar(appearance, pen)
    if page.explained is None:
        yield from pen.paragraph(words.no_finding)
    else:
        sentence = words.evidence if painted else words.no_place
        label = words.name(page.explained.label)
        yield from pen.paragraph(sentence.format(label=label, visible=visible))
    yield from pen.paragraph(words.absence, color=ALERT)
    yield pen.line()


def _bar(appearance: Appearance, pen: Pen) -> Iterator[Picture]:
    """Paint all weights, as on the film, over all grays from white to black."""
    inset, length = 2, PANEL_EMS - 4
    bar = np.full((2 * pen.em, PANEL_EMS * pen.em, 3), BACKGROUND, np.uint8)
    scene = bar[:, inset * pen.em : (inset + length) * pen.em]
    scene[...] = np.linspace(255, 0, 2 * pen.em).astype(np.uint8)[:, None, None]
    weights = np.linspace(0, 1, length * pen.em, dtype=np.float32)
    paint(scene, np.tile(weights, (2 * pen.em, 1)), appearance=appearance)
    yield bar
    visible = appearance.visible_from
    even = [tick for tick in (0.0, 0.25, 0.5, 0.75, 1.0) if abs(tick - visible) > _TICKS_APART]
    yield pen.line(*((inset + length * tick, "m", f"{tick:g}") for tick in (visible, *even)))
