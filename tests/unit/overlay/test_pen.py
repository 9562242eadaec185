import numpy as np
import pytest

from triage.overlay.lettering import Lettering
from triage.overlay.pen import BACKGROUND, PANEL_EMS, TEXT, Pen

PEN = Pen(20, Lettering())


def test_a_line_has_the_panels_width_and_the_colours_of_text_and_background() -> None:
    line = PEN.line((1, "l", "film"))

    assert line.shape == (30, PANEL_EMS * 20, 3)
    assert tuple(line[0, 0]) == BACKGROUND
    assert line.max() == max(TEXT)


@pytest.mark.parametrize(("anchor", "begin"), [("l", 200), ("m", 200), ("r", 200)])
def test_a_cell_stands_at_its_anchor(anchor: str, begin: int) -> None:
    inked = np.flatnonzero((PEN.line((10, anchor, "HHHH")) != BACKGROUND).any(axis=(0, 2)))

    place = {"l": inked[0], "m": inked.mean(), "r": inked[-1]}[anchor]
    assert place == pytest.approx(begin, abs=3)


def test_a_text_that_has_no_room_is_cut_at_the_edge() -> None:
    line = PEN.line((27, "l", "WWWWWWWW"), (1, "r", "WWWWWWWW"))

    assert line.shape == (30, PANEL_EMS * 20, 3)


def test_a_short_paragraph_is_one_line_and_an_empty_one_is_too() -> None:
    assert len(list(PEN.paragraph("film"))) == 1
    assert len(list(PEN.paragraph(""))) == 1


@pytest.mark.parametrize(
    "text", ["film " * 60, "W" * 200, "没有标记不说明任何问题。" * 12, "肿\uff0c" * 150]
)
def test_a_long_paragraph_is_broken_and_reaches_neither_edge(text: str) -> None:
    lines = list(PEN.paragraph(text))

    inked = np.flatnonzero((np.concatenate(lines) != BACKGROUND).any(axis=(0, 2)))
    assert len(lines) > 2
    assert 18 <= inked[0] < inked[-1] <= PANEL_EMS * 20 - 18


def test_words_are_not_broken_where_a_line_has_room_for_them() -> None:
    first = next(iter(PEN.paragraph("evidence " + "x" * 45 + " evidence")))

    assert np.array_equal(first, PEN.line((1, "l", "evidence ")))


def test_a_name_is_cut_to_its_room() -> None:
    assert PEN.fitted("Mass", 13) == "Mass"
    assert PEN.fitted("W" * 60, 13) == "W" * len(PEN.fitted("W" * 60, 13))
    assert 5 < len(PEN.fitted("W" * 60, 13)) < 30
