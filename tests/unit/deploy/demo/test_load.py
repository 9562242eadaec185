"""The load's arithmetic."""

from datetime import UTC, datetime, timedelta

from deploy.demo.load import Load, paced, summarise
from triage.database.timeline import Turnround

BEGIN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def turnround(received_s: float, end_s: float | None, sent_s: float | None = None) -> Turnround:
    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else BEGIN + timedelta(seconds=seconds)

    received_at = BEGIN + timedelta(seconds=received_s)
    return Turnround("1.2.3", "DONE", received_at, at(end_s), at(sent_s))


def test_a_burst_comes_at_once() -> None:
    assert list(paced(3, Load.BURST)) == [0, 1, 2]


def test_seconds_count_from_the_last_film_of_each_study() -> None:
    summary = summarise([turnround(0, 3, 2.5), turnround(2, 6), turnround(4, 9, 9)])

    assert summary is not None
    assert (summary.studies, summary.returned) == (3, 2)
    assert summary.to_end[0] == 4.0
    assert summary.to_pacs is not None
    assert summary.to_pacs[0] == 3.75
    assert (summary.received, summary.drained) == (4.0, 5.0)


def test_a_study_that_never_ended_is_not_counted() -> None:
    summary = summarise([turnround(0, 3), turnround(2, None)])

    assert summary is not None
    assert summary.studies == 1
    assert next(summary.lines()) == "1 studies, 0 with a result in the PACS"


def test_nothing_is_summed_up_where_nothing_ended() -> None:
    assert summarise([turnround(0, None)]) is None
