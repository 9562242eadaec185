from dataclasses import replace

import numpy as np
import pytest

from tests.unit.overlay.scenes import APPEARANCE, INFLAMMATION, TUMOUR, assess, film, sixteen
from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.overlay.heat import CONTOUR
from triage.overlay.page import draw
from triage.overlay.panel import Page


def test_no_text_is_cut_at_the_edge_of_the_panel() -> None:
    long = [Finding("Enlarged_Cardiomediastinum", 0.123, 0.456, Tier.ABOVE)] * 40
    assessment = assess(replace(TUMOUR, label="M" * 24), *long)
    model = Model("WIDE " * 20, "2026.11.24-rc1", "ab" * 32)

    picture = draw(film(800, 640), replace(assessment, model=model), appearance=APPEARANCE)

    assert np.ptp(picture[:, -9:], axis=(0, 1)).tolist() == [0, 0, 0]
    assert np.ptp(picture[-9:, 640:], axis=(0, 1)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "other",
    [
        replace(assess(TUMOUR), model=Model("three-heads", "1.2", "ab" * 32)),
        replace(assess(TUMOUR), model=Model("two-heads", "1.3", "ab" * 32)),
        replace(assess(TUMOUR), model=Model("two-heads", "1.2", "cd" * 32)),
        assess(replace(TUMOUR, probability=0.901)),
        assess(replace(TUMOUR, threshold=0.501)),
        assess(replace(TUMOUR, label="tumor")),
        assess(TUMOUR, INFLAMMATION),
    ],
    ids=["model", "version", "digest", "probability", "threshold", "label", "finding"],
)
def test_the_panel_tells_every_number_and_name(other: Assessment) -> None:
    first = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    assert not np.array_equal(draw(film(768, 600), other, appearance=APPEARANCE), first)


def test_the_legend_has_the_colours_of_the_film() -> None:
    opaque = replace(APPEARANCE, opacity=1.0)

    picture = draw(film(768, 600, 0), assess(TUMOUR), appearance=opaque)

    panel = {tuple(color) for color in picture[:, 600:].reshape(-1, 3).tolist()}
    assert tuple(picture[384, 300].tolist()) in panel


def test_the_finding_that_is_painted_is_marked_in_the_table() -> None:
    unmarked = draw(film(768, 600), assess(INFLAMMATION), appearance=APPEARANCE)
    marked = draw(film(768, 600), assess(TUMOUR, weights=0.0), appearance=APPEARANCE)

    assert (marked[:, 600:] == CONTOUR).all(axis=2).any()
    assert not (unmarked[:, 600:] == CONTOUR).all(axis=2).any()


@pytest.mark.parametrize(("number", "label"), [(1, "tumour"), (2, "inflammation"), (3, None)])
def test_pages_explain_the_flagged_findings_in_their_order(number: int, label: str | None) -> None:
    explained = Page(sixteen(), number, 3).explained

    assert (explained and explained.label) == label


def test_a_long_name_never_reaches_the_numbers() -> None:
    long = Finding("W" * 60, 0.1, 0.5, Tier.BELOW)
    longer = replace(long, label="W" * 90)

    first = draw(film(768, 600), assess(long), appearance=APPEARANCE)
    second = draw(film(768, 600), assess(longer), appearance=APPEARANCE)

    assert np.array_equal(first, second)
