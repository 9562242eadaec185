import pytest

from tests.unit.evaluate.drawers import assessed, boxed, found, inquiry
from triage.domain.errors import UnusableList
from triage.evaluate.boxed import found_on
from triage.evaluate.localisation import MAP, WRONG
from triage.evaluate.overlap import POINTING


def test_assessed_films_are_measured_and_the_others_counted() -> None:
    done = found()

    assert (done.bundle, len(done.films), done.patients) == ("tiny 1 (0123)", 7, 4)
    assert (done.not_assessed, done.elsewhere) == ({"lateral": 1}, 3)
    assert done.unanswered == {"Cardiomegaly": 7}


def test_a_finding_that_the_labels_deny_is_not_searched_for() -> None:
    (mass,) = found().located

    assert (mass.films.size, mass.denied) == (6, 1)
    assert mass.estimates[MAP][POINTING].value == mass.estimates[WRONG][POINTING].value == 0.5


def test_a_bundle_without_a_map_for_any_box_is_an_error() -> None:
    with pytest.raises(UnusableList, match=r"0 boxes have a map of tiny 1 .*: Cardiomegaly 7"):
        found_on(inquiry(), boxed(label="Hernia"), assessed())
