import math

import pytest
import torch

from triage.domain.assessment import Margins, Placement
from triage.domain.marked_box import MarkedBox
from triage.train.marks import Marks, mark, no_marks, pointing_loss

WHOLE = Placement(0, 0, 1, 1)
LABELS = ("tumour", "inflammation", "Mass", "Pneumonia")
LOWER_RIGHT = MarkedBox("NIH", "Mass", 0.5, 0.5, 0.5, 0.5)
OPACITY = MarkedBox("RSNA", "Lung Opacity", 0.0, 0.0, 0.25, 1.0)


def test_a_box_is_drawn_for_its_label_and_for_its_head() -> None:
    marks = mark([((), WHOLE), ((LOWER_RIGHT,), WHOLE)], LABELS, size=4)

    assert marks.films.tolist() == [1, 1]
    assert [LABELS[n] for n in marks.outputs.tolist()] == ["tumour", "Mass"]
    assert marks.squares[0].tolist() == [[0] * 4, [0] * 4, [0, 0, 1, 1], [0, 0, 1, 1]]


def test_an_opacity_is_inflammation() -> None:
    marks = mark([((OPACITY, LOWER_RIGHT), WHOLE)], LABELS[:2], size=4)

    assert [LABELS[n] for n in marks.outputs.tolist()] == ["tumour", "inflammation"]
    assert marks.squares[1].sum(dim=0).tolist() == [4, 0, 0, 0]


def test_a_box_lies_where_the_film_lies_in_its_square() -> None:
    half = Placement(0.25, 0.0, 0.5, 1.0)

    marks = mark([((LOWER_RIGHT,), half)], ["Mass"], size=8)

    assert torch.nonzero(marks.squares[0].any(dim=1))[:, 0].tolist() == [4, 5]


def test_a_box_in_a_border_that_was_cut_off_is_not_seen() -> None:
    cut = Placement(-1.0, 0.0, 2.0, 1.0, margins=Margins(top=0.5))
    upper = MarkedBox("NIH", "Mass", 0.0, 0.0, 1.0, 0.25)

    assert not mark([((upper,), cut)], ["Mass"], size=8).squares.any()


def test_a_label_without_an_output_is_not_marked() -> None:
    assert len(mark([((OPACITY,), WHOLE)], ["Mass"], size=4).films) == 0


def test_marks_are_chosen_and_numbered_by_the_films_of_a_batch() -> None:
    marks = mark([((LOWER_RIGHT,), WHOLE), ((), WHOLE), ((OPACITY,), WHOLE)], LABELS, size=4)

    chosen = marks.of(torch.tensor([2, 1, 0]))

    assert chosen.films.tolist() == [0, 2, 2]
    assert chosen.outputs.tolist() == [1, 0, 2]


def test_evidence_in_the_box_costs_nothing_and_elsewhere_much() -> None:
    features = torch.zeros(1, 1, 2, 2)
    features[0, 0, 0, 0] = 20
    squares = torch.zeros(2, 4, 4)
    squares[0, :2, :2], squares[1, 2:, 2:] = 1, 1
    weight, film = torch.ones(1, 1), torch.tensor([0])

    here, elsewhere = (
        float(pointing_loss(features, weight, Marks(film, film, square[None])))
        for square in squares
    )

    assert here == pytest.approx(0, abs=1e-5)
    assert elsewhere > 10


def test_even_evidence_costs_the_logarithm_of_the_boxs_share() -> None:
    square, film = torch.zeros(1, 4, 4), torch.tensor([0])
    square[0, :, :2] = 1

    loss = pointing_loss(torch.ones(1, 3, 2, 2), torch.ones(1, 3), Marks(film, film, square))

    assert float(loss) == pytest.approx(math.log(2), abs=1e-5)


def test_what_is_out_of_sight_or_not_marked_costs_nothing() -> None:
    features, weight, film = torch.ones(1, 3, 2, 2), torch.ones(1, 3), torch.tensor([0])

    assert float(pointing_loss(features, weight, no_marks(4))) == 0
    assert float(pointing_loss(features, weight, Marks(film, film, torch.zeros(1, 4, 4)))) == 0
