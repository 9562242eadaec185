"""What a list expects."""

import pytest

from triage.domain.worklist import ExpectedSeries, ExpectedStudy, Urgency

SERIES = ExpectedSeries("2.25.1", 2)


@pytest.mark.parametrize(
    ("term", "urgency"),
    [
        ("STAT", Urgency.STAT),
        ("high ", Urgency.HIGH),
        ("MEDIUM", Urgency.MEDIUM),
        ("LOW", Urgency.LOW),
        ("", Urgency.ROUTINE),
        ("SOON", Urgency.ROUTINE),
    ],
)
def test_a_priority_is_read_and_what_is_none_is_routine(term: str, urgency: Urgency) -> None:
    assert Urgency.of(term) is urgency


def test_priorities_can_be_ordered() -> None:
    assert sorted(Urgency) == [
        Urgency.LOW,
        Urgency.ROUTINE,
        Urgency.MEDIUM,
        Urgency.HIGH,
        Urgency.STAT,
    ]


def test_a_study_expects_the_films_of_its_series() -> None:
    assert ExpectedStudy("2.25.9", (SERIES, ExpectedSeries("2.25.2", 1))).count == 3


@pytest.mark.parametrize(("series", "left_out"), [((), None), ((SERIES,), "HAND")])
def test_a_study_is_wanted_or_left_out_with_a_reason(
    series: tuple[ExpectedSeries, ...], left_out: str | None
) -> None:
    with pytest.raises(ValueError, match="series that are wanted, or a reason"):
        ExpectedStudy("2.25.9", series, left_out)
