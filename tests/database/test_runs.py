"""Firings and who holds a run, on both engines."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from tests.builders.clock import NOON
from triage.database import runs
from triage.database.runs import PASSED, Run
from triage.database.worklist_schema import run
from triage.domain.errors import LeaseLost
from triage.domain.worklist import Verdict

DAY = NOON.date()
TTL = timedelta(seconds=30)
MORNING = NOON + timedelta(hours=6)
SECOND = timedelta(seconds=1)


def fire(
    connection: Connection, *, due_at: datetime = NOON, until: datetime | None = MORNING
) -> int | None:
    return runs.fire(connection, due_at=due_at, day=DAY, until=until)


def take(
    connection: Connection, holder: str = "one", *, now: datetime = NOON, run_id: int | None = None
) -> Run | None:
    return runs.take(connection, holder=holder, now=now, ttl=TTL, run_id=run_id)


def taken(connection: Connection) -> Run:
    fire(connection)
    held = take(connection)
    assert held is not None
    return held


def ends(connection: Connection) -> list[tuple[str | None, str | None]]:
    rows = connection.execute(select(run.c.verdict, run.c.reason).order_by(run.c.id))
    return [(verdict, reason) for verdict, reason in rows]


def test_a_firing_is_written_once(connection: Connection) -> None:
    assert fire(connection) is not None
    assert fire(connection) is None


def test_the_last_firing_of_the_clock_is_known(connection: Connection) -> None:
    assert runs.last_due_at(connection, now=MORNING) is None
    fire(connection)
    fire(connection, due_at=NOON + SECOND, until=None)

    assert runs.last_due_at(connection, now=MORNING) == NOON


def test_a_firing_of_a_fast_clock_is_not_the_last(connection: Connection) -> None:
    fire(connection)
    fire(connection, due_at=NOON + SECOND)

    assert runs.last_due_at(connection, now=NOON) == NOON


def test_a_due_run_is_taken_by_one(connection: Connection) -> None:
    fire(connection)

    first, second = take(connection), take(connection, "two")

    assert first is not None
    assert (first.day, first.until, first.holder) == (DAY, MORNING, "one")
    assert second is None


def test_a_run_that_is_not_due_yet_waits(connection: Connection) -> None:
    fire(connection, due_at=NOON + SECOND)

    assert take(connection) is None


def test_a_run_whose_holder_has_died_is_taken_over(connection: Connection) -> None:
    first = taken(connection)

    assert take(connection, "two", now=NOON + TTL - SECOND) is None
    assert take(connection, "two", now=NOON + TTL) == Run(first.id, DAY, MORNING, "two")


def test_a_holder_that_renews_keeps_it(connection: Connection) -> None:
    held = taken(connection)

    runs.renew(connection, held, now=NOON + SECOND, ttl=TTL)

    assert take(connection, "two", now=NOON + TTL) is None


def test_a_holder_that_was_taken_over_can_neither_renew_nor_end(connection: Connection) -> None:
    late = taken(connection)
    take(connection, "two", now=NOON + TTL)

    with pytest.raises(LeaseLost, match="no longer held by one"):
        runs.renew(connection, late, now=NOON, ttl=TTL)
    with pytest.raises(LeaseLost, match="no longer held by one"):
        runs.end(connection, late, verdict=Verdict.EXACT, reason=None, now=NOON)


def test_a_run_ends_once_and_is_not_taken_again(connection: Connection) -> None:
    held = taken(connection)

    runs.end(connection, held, verdict=Verdict.MISMATCH, reason="a gap", now=NOON)

    assert runs.last_run(connection, DAY) == (Verdict.MISMATCH, "a gap")
    assert take(connection, now=NOON + SECOND) is None


def test_a_run_that_was_let_go_is_taken_at_once(connection: Connection) -> None:
    runs.let_go(connection, taken(connection))

    assert take(connection, "two") is not None


def test_a_window_that_has_passed_is_missed(connection: Connection) -> None:
    fire(connection)

    assert take(connection, now=MORNING) is None
    assert runs.end_missed(connection, now=MORNING) == [(NOON, DAY)]
    assert ends(connection) == [(Verdict.MISSED, PASSED)]


def test_a_run_that_broke_off_is_gone_on_with_after_its_window(connection: Connection) -> None:
    first = taken(connection)
    runs.note_asked(connection, first, gaps="a gap")

    assert runs.end_missed(connection, now=MORNING) == []
    assert take(connection, "two", now=MORNING) == Run(first.id, DAY, MORNING, "two", "a gap")


def test_a_run_whose_window_is_open_goes_before_one_that_broke_off(connection: Connection) -> None:
    late = taken(connection)
    fire(connection, due_at=MORNING, until=MORNING + TTL)

    first = take(connection, now=MORNING)

    assert first is not None
    assert first.id != late.id


def test_a_run_that_overruns_its_window_while_it_is_held_is_left_alone(
    connection: Connection,
) -> None:
    held = taken(connection)
    runs.renew(connection, held, now=MORNING, ttl=TTL)

    assert take(connection, "two", now=MORNING + SECOND) is None
    assert runs.end_missed(connection, now=MORNING + SECOND) == []
    assert ends(connection) == [(None, None)]


def test_a_persons_run_has_no_window_and_is_taken_by_its_number_alone(
    connection: Connection,
) -> None:
    number = fire(connection, until=None)

    assert take(connection) is None
    assert take(connection, run_id=number) is not None


def test_a_persons_run_waits_for_the_clocks(connection: Connection) -> None:
    taken(connection)
    number = fire(connection, due_at=NOON + SECOND, until=None)

    assert take(connection, "two", run_id=number) is None


def test_the_open_run_of_a_day_is_gone_on_with_while_it_may_pull(connection: Connection) -> None:
    assert runs.open_run_of(connection, DAY, now=NOON) is None
    number = fire(connection)

    assert runs.open_run_of(connection, DAY, now=NOON) == number
    assert runs.open_run_of(connection, DAY, now=MORNING) is None


def test_of_many_daemons_one_fires_and_one_holds(database: Engine) -> None:
    fired: list[int | None] = []
    held: list[Run | None] = []
    together = threading.Barrier(4)

    def daemon(name: str) -> None:
        together.wait()
        with database.begin() as connection:
            fired.append(fire(connection))
        with database.begin() as connection:
            held.append(take(connection, name))

    threads = [threading.Thread(target=daemon, args=(f"daemon-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(number is not None for number in fired) == 1
    assert sum(one is not None for one in held) == 1


def test_the_night_before_is_the_last_that_worked_through_its_list(connection: Connection) -> None:
    held = taken(connection)
    runs.end(connection, held, verdict=Verdict.MISMATCH, reason=None, now=NOON)

    assert runs.night_before(connection, DAY + timedelta(days=3)) == DAY
    assert runs.night_before(connection, DAY) is None


def test_a_night_that_was_missed_is_none_before(connection: Connection) -> None:
    fire(connection)
    runs.end_missed(connection, now=MORNING)

    assert runs.night_before(connection, DAY + timedelta(days=1)) is None


def ended_by_a_fast_clock(connection: Connection) -> None:
    held = taken(connection)
    runs.end(connection, held, verdict=Verdict.EXACT, reason=None, now=NOON + 2 * SECOND)


def test_a_run_that_a_fast_clock_missed_is_open_once_it_is_due(connection: Connection) -> None:
    fire(connection)
    runs.end_missed(connection, now=MORNING)

    assert runs.reopen(connection, now=NOON) == [(NOON, DAY)]
    assert take(connection) is not None


def test_a_run_that_a_fast_clock_ended_is_open_once_it_is_due(connection: Connection) -> None:
    ended_by_a_fast_clock(connection)

    assert runs.reopen(connection, now=NOON + SECOND) == [(NOON, DAY)]
    assert ends(connection) == [(None, None)]


@pytest.mark.parametrize(
    "now", [NOON + 2 * SECOND, NOON - runs.SOON - SECOND, MORNING], ids=["ended", "early", "late"]
)
def test_a_run_that_may_have_ended_stays_so(connection: Connection, now: datetime) -> None:
    ended_by_a_fast_clock(connection)

    assert runs.reopen(connection, now=now) == []
    assert ends(connection) == [(Verdict.EXACT, None)]


def test_a_window_that_has_passed_opens_nothing(connection: Connection) -> None:
    fire(connection)
    runs.end_missed(connection, now=MORNING + SECOND)

    assert runs.reopen(connection, now=MORNING) == []
