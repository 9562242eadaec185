"""A map in the shape of its box finds it wholly; what lies elsewhere does not; order is nothing."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from triage.domain.marked_box import MarkedBox
from triage.evaluate.overlap import BOX_IOU, GRID, IOU, MEASURES, POINTING, covered, overlap


@st.composite
def rectangles(draw: st.DrawFn) -> MarkedBox:
    """Rectangles whose sides lie on the grid."""
    left, top = draw(st.integers(0, GRID - 1)), draw(st.integers(0, GRID - 1))
    width, height = draw(st.integers(1, GRID - left)), draw(st.integers(1, GRID - top))
    return MarkedBox("NIH", "Mass", left / GRID, top / GRID, width / GRID, height / GRID)


strengths = st.floats(2**-20, 1.0, width=32)


@given(rectangles(), strengths)
def test_a_map_in_the_shape_of_its_box_finds_it_wholly(box: MarkedBox, strength: float) -> None:
    weights = covered([box]).astype(np.float32) * np.float32(strength)

    np.testing.assert_allclose(overlap(weights, [box]), 1.0)


@given(rectangles(), rectangles())
def test_a_map_that_meets_no_box_finds_nothing(box: MarkedBox, other: MarkedBox) -> None:
    there, elsewhere = covered([box]), covered([other])
    assume(not (there & elsewhere).any())

    found = dict(zip(MEASURES, overlap(elsewhere.astype(np.float32), [box]), strict=True))

    assert (found[POINTING], found[IOU]) == (0, 0)
    assert found[BOX_IOU] < 1e-9


@given(rectangles(), rectangles())
def test_two_rectangles_overlap_alike_either_way(box: MarkedBox, other: MarkedBox) -> None:
    place = MEASURES.index(IOU)

    one = overlap(covered([box]).astype(np.float32), [other])[place]
    way = overlap(covered([other]).astype(np.float32), [box])[place]

    assert one == way


@given(st.lists(rectangles(), min_size=1, max_size=4), strengths)
def test_every_measure_is_a_share(boxes: list[MarkedBox], strength: float) -> None:
    weights = np.add.outer(np.arange(GRID), np.arange(GRID)).astype(np.float32) * strength

    found = overlap(weights, boxes)

    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
