"""What is asked for of a study of which something is missing."""

from tests.builders.listed import study_of
from triage.daemon.retriever import Plan, plans
from triage.domain.worklist import ExpectedSeries, ExpectedStudy
from triage.send.retrieve import Wanted

ONE = study_of("2.25.1", "2.25.11", "2.25.12")


def planned(study: ExpectedStudy, *here: str) -> tuple[Wanted, ...]:
    (plan,) = plans([study], missing={study.study_uid}, here=set(here))
    return plan.wanted


def test_a_study_that_is_complete_is_not_asked_for() -> None:
    assert plans([ONE], missing=set(), here=set()) == []


def test_a_series_of_which_nothing_is_here_is_asked_for_whole() -> None:
    assert planned(ONE) == (Wanted("2.25.1", "2.25.1.1"),)


def test_of_a_series_of_which_some_are_here_the_rest_is_asked_for_one_by_one() -> None:
    assert planned(ONE, "2.25.11") == (Wanted("2.25.1", "2.25.1.1", "2.25.12"),)


def test_a_series_that_is_here_is_left_alone() -> None:
    other = ExpectedSeries("2.25.1.2", 1, ("2.25.13",))
    study = ExpectedStudy("2.25.1", (*ONE.series, other))

    assert planned(study, "2.25.11", "2.25.12") == (Wanted("2.25.1", "2.25.1.2"),)


def test_a_series_without_names_is_asked_for_whole() -> None:
    assert planned(study_of("2.25.1", count=3), "2.25.11") == (Wanted("2.25.1", "2.25.1.1"),)


def test_a_study_without_series_is_asked_for_whole() -> None:
    study = ExpectedStudy("2.25.1", (ExpectedSeries("", 3),))

    assert planned(study) == (Wanted("2.25.1"),)


def test_a_study_that_is_left_out_is_not_asked_for() -> None:
    hand = ExpectedStudy("2.25.1", left_out="another part of the body")

    assert plans([hand], missing={"2.25.1"}, here=set()) == []
    assert plans([ONE], missing={"2.25.1"}, here=set()) == [
        Plan("2.25.1", (Wanted("2.25.1", "2.25.1.1"),))
    ]
