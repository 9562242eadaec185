"""A day's list, of what the PACS lists and what was scheduled."""

import pytest

from tests.builders.listed import study_of
from triage.daemon.lister import NO_FILMS, put_together
from triage.domain.worklist import ExpectedStudy, Listing, Urgency
from triage.send.archive import ListedStudy
from triage.send.modality_worklist import Scheduled

ONE, TWO = study_of("2.25.1", "2.25.11"), study_of("2.25.2", "2.25.21")
LISTED = [
    ListedStudy("2.25.1", "A1", 1, has_films=True),
    ListedStudy("2.25.2", "", 1, has_films=True),
]


def together(*steps: Scheduled) -> Listing:
    return put_together(LISTED, [ONE, TWO], steps, gaps=["a gap"])


def test_without_a_worklist_nothing_is_urgent() -> None:
    assert together() == Listing((ONE, TWO), {}, ("a gap",))


def test_a_study_has_the_urgency_of_its_request() -> None:
    found = together(Scheduled("2.25.2", "", Urgency.STAT))

    assert found.urgencies == {"2.25.2": Urgency.STAT}


def test_a_study_with_a_uid_of_its_own_is_found_by_its_accession_number() -> None:
    found = together(Scheduled("2.25.9", "A1", Urgency.HIGH))

    assert found.urgencies == {"2.25.1": Urgency.HIGH}
    assert found.studies == (ONE, TWO)


def test_all_studies_of_an_accession_number_have_the_urgency_of_its_request() -> None:
    both = [ListedStudy(uid, "A1", 1, has_films=True) for uid in ("2.25.1", "2.25.2")]

    found = put_together(both, [ONE, TWO], [Scheduled("2.25.9", "A1", Urgency.STAT)], gaps=[])

    assert found.urgencies == {"2.25.1": Urgency.STAT, "2.25.2": Urgency.STAT}
    assert found.studies == (ONE, TWO)


def test_a_request_that_names_a_study_makes_no_other_urgent() -> None:
    both = [ListedStudy(uid, "A1", 1, has_films=True) for uid in ("2.25.1", "2.25.2")]

    found = put_together(both, [ONE, TWO], [Scheduled("2.25.2", "A1", Urgency.STAT)], gaps=[])

    assert found.urgencies == {"2.25.2": Urgency.STAT}


def test_an_empty_accession_number_finds_nothing() -> None:
    found = together(Scheduled("2.25.9", "", Urgency.HIGH))

    assert "2.25.2" not in found.urgencies


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_requests_the_most_urgent_counts(order: int) -> None:
    steps = [Scheduled("2.25.1", "", Urgency.LOW), Scheduled("2.25.1", "", Urgency.HIGH)]

    assert together(*steps[::order]).urgencies == {"2.25.1": Urgency.HIGH}


def test_what_was_scheduled_and_has_no_film_is_listed_once_and_says_so() -> None:
    found = together(*[Scheduled("2.25.9", "A9", Urgency.HIGH)] * 2)

    assert found.studies == (ONE, TWO, ExpectedStudy("2.25.9", left_out=NO_FILMS))
