from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.evaluate.lists import listed
from tests.unit.evaluate.recalibrations import COUNT, SPECIFIC, URGENT, answered
from tests.unit.infer.bundles import label, saved
from triage.domain.errors import UnusableList
from triage.evaluate.commission import Commission, Subject
from triage.evaluate.films import Assessed
from triage.evaluate.listing import Listing
from triage.evaluate.platt import Method
from triage.evaluate.predictions import Predictions
from triage.evaluate.recalibration import Order
from triage.infer.bundle import load_bundle
from triage.infer.card import Card

ANSWERS = answered()


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    """Two labels, the second of which flags nothing."""
    folder = tmp_path_factory.mktemp("tiny")
    return load_bundle(saved(folder, label("tumour"), label("inflammation", flags=False))).card


@pytest.fixture
def files(tmp_path: Path) -> Listing:
    rows = (f"{n}.png,P{n // 2},{present:d}" for n, present in enumerate(ANSWERS.present))
    return listed(tmp_path / "l.csv", "file,patient_id,tumour", *rows)


def commission(
    *files: Listing, names: tuple[str, ...] = (), flags: tuple[str, ...] = (), urgent: bool = False
) -> Commission:
    order = Order(Method.PLATT, SPECIFIC, URGENT if urgent else None, seed=0)
    return Commission(files, (), names, flags, order, version=None, draws=100)


def test_labels_that_no_file_answers_are_left_out(files: Listing, card: Card) -> None:
    subject = commission(files).subject(card)

    assert [each.name for each in subject.labels] == ["tumour"]
    assert len(subject.known.films) == COUNT


@pytest.mark.parametrize(
    ("names", "flags"), [(("inflammation",), ()), ((), ("inflammation",)), (("tumour",), ("x",))]
)
def test_a_label_that_was_asked_for_is_not_left_out_in_silence(
    files: Listing, card: Card, names: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    with pytest.raises(UnusableList, match=r"label .*: not among .* answer, tumour|none"):
        commission(files, names=names, flags=flags).subject(card)


def test_files_that_answer_no_label_are_refused(tmp_path: Path, card: Card) -> None:
    other = listed(tmp_path / "o.csv", "file,Hernia", "a.png,1")

    with pytest.raises(UnusableList, match="answer 0 of the bundle's labels tumour, inflammation"):
        commission(other).subject(card)


def test_it_is_refused_before_any_film_is_assessed(tmp_path: Path, card: Card) -> None:
    both = listed(tmp_path / "b.csv", "file,tumour,inflammation", "a.png,1,0")

    with pytest.raises(UnusableList, match="urgent threshold of inflammation: only for a label"):
        commission(both, urgent=True).subject(card)
    assert len(commission(both, urgent=True, flags=("inflammation",)).subject(card).labels) == 2


def assessed(subject: Subject, **scores: NDArray[np.float64]) -> Assessed:
    """Say what the network said; its maps are faint."""
    peaks = {name: np.full(COUNT, 2e-6) for name in scores}
    return Assessed(Predictions("tiny", subject.known.films, scores), {}, peaks, (), ())


def test_assessed_films_give_the_new_card(files: Listing, card: Card) -> None:
    wanted = commission(files)
    subject = wanted.subject(card)
    said = assessed(subject, tumour=ANSWERS.scores, inflammation=ANSWERS.scores)

    done = wanted.carried_out(subject, said)

    assert [found.label for found in done.found] == ["tumour"]
    assert done.found[0].before.patients == COUNT / 2
    assert done.description.version == "1-calibrated"
    assert done.description.labels[0].map_scale == pytest.approx(2.0)
    assert done.description.labels[1] == card.labels[1]


@pytest.fixture
def both(tmp_path: Path) -> Listing:
    """Both labels have the same truth."""
    rows = (f"{n}.png,P{n // 2},{yes:d},{yes:d}" for n, yes in enumerate(ANSWERS.present))
    return listed(tmp_path / "both.csv", "file,patient_id,tumour,inflammation", *rows)


def test_a_label_that_ranks_backwards_stays_as_it_was(both: Listing, card: Card) -> None:
    wanted = commission(both, flags=("inflammation",))
    subject = wanted.subject(card)
    said = assessed(subject, tumour=ANSWERS.scores, inflammation=1 - ANSWERS.scores)

    done = wanted.carried_out(subject, said)

    assert [found.label for found in done.found] == ["tumour"]
    assert done.kept["inflammation"].startswith("platt scaling of inflammation: slope -")
    assert done.description.labels[0].scaling is not None
    assert done.description.labels[1] == card.labels[1]


def test_where_no_label_can_be_calibrated_each_is_named(both: Listing, card: Card) -> None:
    wanted = commission(both)
    subject = wanted.subject(card)
    said = assessed(subject, tumour=1 - ANSWERS.scores, inflammation=1 - ANSWERS.scores)

    with pytest.raises(UnusableList, match=r"scaling of tumour: .*; platt scaling of inflammation"):
        wanted.carried_out(subject, said)
