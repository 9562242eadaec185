"""The clock of the night: one firing for all daemons, made up for, missed, taken over."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from triage.daemon.calendar import Calendar
from triage.daemon.nightly import Nightly
from triage.database import runs
from triage.database.runs import Run
from triage.database.worklist_schema import run
from triage.domain.errors import LeaseLost
from triage.domain.worklist import Verdict
from triage.settings import Worklist

EVENING = datetime(2026, 1, 5, 18, tzinfo=UTC)
DUE = datetime(2026, 1, 6, 2, tzinfo=UTC)
MORNING = datetime(2026, 1, 6, 6, tzinfo=UTC)
DAY, HOUR, TTL = timedelta(days=1), timedelta(hours=1), timedelta(seconds=30)
CALENDAR = Calendar(Worklist(cron="0 2 * * *", window="22:00-06:00"))


@dataclass
class Hour:
    """The database's clock, moved by hand."""

    now: datetime = EVENING

    def __call__(self, _: Connection) -> datetime:
        return self.now


@dataclass
class Ended:
    """Ends every run that it is given, after something has happened."""

    engine: Engine
    hour: Hour
    meanwhile: Callable[[], object] = lambda: None
    worked: list[Run] = field(default_factory=list)

    def work(self, held: Run) -> None:
        self.worked.append(held)
        self.meanwhile()
        with self.engine.begin() as connection:
            runs.end(connection, held, verdict=Verdict.EXACT, reason=None, now=self.hour.now)


@pytest.fixture
def hour() -> Hour:
    return Hour()


@pytest.fixture
def night(database: Engine, hour: Hour) -> Ended:
    return Ended(database, hour)


def daemon(night: Ended, hour: Hour, *, started: datetime = EVENING) -> Nightly:
    return Nightly(night.engine, CALENDAR, night, started=started, clock=hour, ttl=TTL)


def verdicts(engine: Engine) -> list[tuple[date, str | None]]:
    with engine.begin() as connection:
        rows = connection.execute(select(run.c.day, run.c.verdict).order_by(run.c.due_at))
        return [(day, verdict) for day, verdict in rows]


def test_nothing_happens_before_it_is_due(night: Ended, hour: Hour) -> None:
    daemon(night, hour).look()

    assert night.worked == []


def test_a_night_is_worked_through_once(night: Ended, hour: Hour) -> None:
    nightly = daemon(night, hour)
    hour.now = DUE

    for _ in range(3):
        nightly.look()

    assert [(held.day, held.until) for held in night.worked] == [(DUE.date(), MORNING)]


def test_papers_are_written_once_a_night_has_ended(night: Ended, hour: Hour) -> None:
    written: list[date] = []
    nightly = Nightly(
        night.engine, CALENDAR, night, started=EVENING, clock=hour, write=written.append
    )
    nightly.look()
    assert written == []

    hour.now = DUE
    nightly.look()

    assert written == [DUE.date()]


def test_papers_of_nights_that_were_missed_follow_those_of_the_night(
    night: Ended, hour: Hour
) -> None:
    written: list[date] = []
    nightly = Nightly(
        night.engine, CALENDAR, night, started=EVENING, clock=hour, write=written.append
    )
    hour.now = DUE + 2 * DAY

    nightly.look()
    nightly.look()

    assert [held.day for held in night.worked] == [(DUE + 2 * DAY).date()]
    assert written == [(DUE + 2 * DAY).date(), DUE.date(), (DUE + DAY).date()]


def test_a_night_that_began_is_taken_up_after_its_window_and_gets_its_papers(
    night: Ended, hour: Hour
) -> None:
    written: list[date] = []
    nightly = Nightly(
        night.engine, CALENDAR, night, started=EVENING, clock=hour, write=written.append
    )
    with night.engine.begin() as connection:
        runs.fire(connection, due_at=DUE, day=DUE.date(), until=MORNING)
        runs.take(connection, holder="dead", now=DUE, ttl=TTL)
    hour.now = MORNING

    nightly.look()

    assert verdicts(night.engine) == [(DUE.date(), Verdict.EXACT)]
    assert written == [DUE.date()]


def test_several_daemons_fire_a_night_once(night: Ended, hour: Hour) -> None:
    daemons = [daemon(night, hour) for _ in range(3)]
    hour.now = DUE + timedelta(seconds=1)

    threads = [threading.Thread(target=one.look) for one in daemons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(night.worked) == 1


def test_a_night_that_was_missed_is_made_up_for_while_its_window_is_open(
    night: Ended, hour: Hour
) -> None:
    hour.now = DUE
    daemon(night, hour).look()
    hour.now = DUE + DAY + timedelta(hours=3)

    daemon(night, hour, started=hour.now).look()

    assert [held.day for held in night.worked] == [DUE.date(), (DUE + DAY).date()]


def test_nights_whose_window_has_passed_are_told_as_missed(night: Ended, hour: Hour) -> None:
    hour.now = DUE
    daemon(night, hour).look()
    hour.now = EVENING + 3 * DAY

    daemon(night, hour, started=hour.now).look()

    assert verdicts(night.engine) == [
        (date(2026, 1, 6), Verdict.EXACT),
        (date(2026, 1, 7), Verdict.MISSED),
        (date(2026, 1, 8), Verdict.MISSED),
    ]


def test_a_new_daemon_makes_up_for_nothing_that_was_due_before_it(night: Ended, hour: Hour) -> None:
    hour.now = DUE + timedelta(hours=1)

    daemon(night, hour, started=hour.now).look()

    assert verdicts(night.engine) == []


def test_a_night_whose_daemon_died_is_taken_over(night: Ended, hour: Hour) -> None:
    hour.now = DUE
    with night.engine.begin() as connection:
        runs.fire(connection, due_at=DUE, day=DUE.date(), until=MORNING)
        runs.take(connection, holder="dead", now=DUE, ttl=TTL)

    nightly = daemon(night, hour)
    nightly.look()
    assert night.worked == []
    hour.now = DUE + TTL
    nightly.look()

    assert [held.day for held in night.worked] == [DUE.date()]


def test_while_a_night_overruns_the_next_one_waits(night: Ended, hour: Hour) -> None:
    nightly = daemon(night, hour)

    def next_night() -> None:
        hour.now = DUE + DAY
        nightly.look()

    night.meanwhile = next_night
    hour.now = DUE
    nightly.look()
    night.meanwhile = lambda: None
    nightly.look()

    assert [held.day for held in night.worked] == [DUE.date(), (DUE + DAY).date()]


def test_a_night_that_was_left_is_gone_on_with(night: Ended, hour: Hour) -> None:
    def leave() -> None:
        with night.engine.begin() as connection:
            runs.let_go(connection, night.worked[-1])
        raise LeaseLost("stopped")

    night.meanwhile = leave
    nightly = daemon(night, hour)
    hour.now = DUE
    nightly.look()
    night.meanwhile = lambda: None
    nightly.look()

    assert len(night.worked) == 2
    assert verdicts(night.engine) == [(DUE.date(), Verdict.EXACT)]


@pytest.mark.parametrize("fast_by", [3 * DAY + HOUR, 3 * DAY + 6 * HOUR], ids=["run", "missed"])
def test_nights_of_a_fast_clock_are_worked_through_when_they_are_due(
    night: Ended, hour: Hour, fast_by: timedelta
) -> None:
    nightly = daemon(night, hour)
    hour.now = DUE + fast_by
    nightly.look()
    night.worked.clear()

    for number in range(4):
        hour.now = DUE + number * DAY
        nightly.look()

    assert [held.day for held in night.worked] == [(DUE + n * DAY).date() for n in range(4)]


def test_a_daemon_that_a_fast_clock_saw_start_misses_no_night(night: Ended, hour: Hour) -> None:
    nightly = daemon(night, hour, started=EVENING + 3 * DAY)
    nightly.look()
    hour.now = DUE

    nightly.look()

    assert [held.day for held in night.worked] == [DUE.date()]


def test_a_slow_clock_leaves_what_was_worked_through(night: Ended, hour: Hour) -> None:
    nightly = daemon(night, hour)
    hour.now = DUE
    nightly.look()

    for hour.now in (EVENING - DAY, DUE + timedelta(seconds=1)):
        nightly.look()

    assert verdicts(night.engine) == [(DUE.date(), Verdict.EXACT)]
