"""One run through a list, on both engines: with a PACS that answers, fails, lies and leaves."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from tests.builders.clock import NOON
from tests.builders.listed import listing, study_of
from tests.builders.studies import corrected, finished, leased, receipt
from triage.daemon.night import NO_LONGER, NOT_ASKED, WINDOW_ENDED, Night
from triage.daemon.retriever import Plan
from triage.database import runs
from triage.database.engine import database_time
from triage.database.runs import Run
from triage.database.worklist_schema import run
from triage.domain.errors import LeaseLost
from triage.domain.worklist import Listing, Verdict
from triage.send.failure import Broken, Failure

DAY = NOON.date()
TTL = timedelta(seconds=30)
ONE, TWO = study_of("2.25.1", "2.25.11"), study_of("2.25.2", "2.25.21")
BOTH = listing(ONE, TWO)


Answers = list[Listing | Broken]
Names = list[str]


@dataclass
class Pacs:
    """A PACS whose films are assessed as soon as they come, and what it was asked for."""

    engine: Engine
    lists: Answers
    sends: Callable[[Plan], bool] = lambda _: True
    asked: Names = field(default_factory=list)
    rounds: int = 0

    def list(self, day: date) -> Listing:
        assert day == DAY
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        if isinstance(answer, Broken):
            raise answer
        return answer

    def pull(
        self,
        wanted: Sequence[Plan],
        *,
        done: Callable[[Plan, str | None], None],
        goes_on: Callable[[], bool],
    ) -> None:
        self.rounds += 1
        for plan in wanted:
            if not goes_on():
                return
            self.asked.append(plan.study_uid)
            if self.sends(plan):
                self._store(plan)
            done(plan, None if self.sends(plan) else "0xa702: out of resources")

    def _store(self, plan: Plan) -> None:
        film = receipt(f"{plan.study_uid}1", study=plan.study_uid)
        with self.engine.begin() as connection:
            finished(connection, leased(connection, film, now=NOON), now=NOON)


def pacs(engine: Engine, *lists: Listing | Broken) -> Pacs:
    return Pacs(engine, list(lists) or [BOTH])


def held(engine: Engine, *, until: datetime | None = None) -> Run:
    with engine.begin() as connection:
        now = database_time(connection)
        number = runs.fire(connection, due_at=now, day=DAY, until=until)
        found = runs.take(connection, holder="night", now=now, ttl=TTL, run_id=number)
    assert found is not None
    return found


def night(
    there: Pacs,
    *,
    stop: threading.Event | None = None,
    finish_s: float = 0.0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Night:
    return Night(
        there.engine,
        lister=there,
        puller=there,
        finish_within=timedelta(seconds=finish_s),
        stop=stop or threading.Event(),
        patience_s=0.0,
        clock=clock,
    )


def ended(engine: Engine) -> tuple[str | None, str | None]:
    with engine.begin() as connection:
        row = connection.execute(select(run.c.verdict, run.c.reason)).one()
    return row.verdict, row.reason


def test_what_is_missing_is_pulled_and_the_run_is_exact(database: Engine) -> None:
    there = pacs(database)

    found, verdict = night(there).work(held(database))

    assert (there.asked, verdict) == (["2.25.1", "2.25.2"], Verdict.EXACT)
    assert (found.sums["received"], found.sums["assessed"]) == (2, 2)
    assert ended(database) == (Verdict.EXACT, None)


@pytest.mark.parametrize(("came_again", "told"), [(True, 1), (False, None)])
def test_the_log_counts_what_is_to_be_removed(
    database: Engine, came_again: bool, told: int | None
) -> None:
    if came_again:
        with database.begin() as connection:
            corrected(connection, now=NOON)

    with capture_logs() as lines:
        night(pacs(database)).work(held(database))

    (line,) = [line for line in lines if line["event"] == "worklist reconciled"]
    assert line.get("to_remove") == told


def test_what_is_here_is_not_pulled(database: Engine) -> None:
    there = pacs(database)
    night(there).work(held(database))
    there.asked.clear()

    night(there).work(held(database))

    assert there.asked == []


def test_what_did_not_come_is_told_with_its_reason(database: Engine) -> None:
    there = pacs(database)
    there.sends = lambda plan: plan.study_uid == "2.25.1"

    found, verdict = night(there).work(held(database))

    assert verdict is Verdict.MISMATCH
    assert found.reasons == {"missing: 0xa702: out of resources": 1}
    assert there.asked == ["2.25.1", "2.25.2", "2.25.2"]


def test_a_pacs_that_sends_nothing_is_not_asked_for_ever(database: Engine) -> None:
    there = pacs(database)
    there.sends = lambda _: False

    night(there).work(held(database))

    assert there.rounds == 1


class Sparing(Pacs):
    """Sends one film of a study at each request, and fails then."""

    def pull(
        self,
        wanted: Sequence[Plan],
        *,
        done: Callable[[Plan, str | None], None],
        goes_on: Callable[[], bool],
    ) -> None:
        assert goes_on()
        for plan in wanted:
            self.asked.append(plan.study_uid)
            film = receipt(f"2.25.1{len(self.asked)}", study=plan.study_uid)
            with self.engine.begin() as connection:
                finished(connection, leased(connection, film, now=NOON), now=NOON)
            done(plan, "0xa702: out of resources")


def test_a_study_that_is_sent_in_parts_is_asked_for_until_all_of_it_is_here(
    database: Engine,
) -> None:
    there = Sparing(database, [listing(study_of("2.25.1", *(f"2.25.1{n}" for n in range(1, 7))))])

    found, verdict = night(there).work(held(database))

    assert (there.asked, verdict) == (["2.25.1"] * 6, Verdict.EXACT)
    assert found.sums["received"] == 1


class Claiming(Pacs):
    """Says that it has sent everything."""

    def pull(
        self,
        wanted: Sequence[Plan],
        *,
        done: Callable[[Plan, str | None], None],
        goes_on: Callable[[], bool],
    ) -> None:
        assert goes_on()
        for plan in wanted:
            done(plan, None)


def test_a_pacs_that_claims_to_have_sent_is_not_believed(database: Engine) -> None:
    found, verdict = night(Claiming(database, [BOTH])).work(held(database))

    assert (verdict, found.sums["failed"]) == (Verdict.MISMATCH, 2)
    assert found.reasons == {"missing: pulled, and not all came": 2}


def test_what_could_not_be_asked_is_told(database: Engine) -> None:
    there = pacs(database, Listing((ONE,), {}, ("series: 0xc000: unable to process (1 times)",)))

    _, verdict = night(there).work(held(database))

    assert verdict is Verdict.MISMATCH
    assert ended(database) == (Verdict.MISMATCH, "series: 0xc000: unable to process (1 times)")


def test_a_pacs_that_cannot_be_reached_hides_nothing_that_was_expected(database: Engine) -> None:
    there = pacs(database, BOTH, Broken(Failure.UNREACHABLE, "Connection refused"))
    there.sends = lambda _: False
    night(there).work(held(database))

    found, verdict = night(there).work(held(database))

    assert (verdict, found.sums["expected"]) == (Verdict.MISMATCH, 2)
    assert "missing: 0xa702: out of resources" in found.reasons


def test_a_pacs_that_is_away_for_a_moment_is_asked_again(database: Engine) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there = pacs(database, Broken(Failure.UNREACHABLE), BOTH)

    _, verdict = night(there).work(held(database, until=until))

    assert verdict is Verdict.EXACT


def test_what_the_pacs_lists_no_longer_stays_missing_and_says_so(database: Engine) -> None:
    there = pacs(database, BOTH, listing(ONE))
    there.sends = lambda _: False
    night(there).work(held(database))
    there.sends = lambda _: True

    found, _ = night(there).work(held(database))

    assert found.reasons == {f"missing: {NO_LONGER}": 1}


def test_when_the_window_ends_the_rest_is_left_and_told(database: Engine) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there = pacs(database)
    hours = iter([until - timedelta(minutes=1)] * 3)

    found, _ = night(there, clock=lambda: next(hours, until)).work(held(database, until=until))

    assert (there.asked, found.sums["failed"]) == (["2.25.1"], 1)
    assert ended(database) == (Verdict.MISMATCH, WINDOW_ENDED)


def broken_off(there: Pacs, *, until: datetime) -> Run:
    """Stop a night once it has pulled, and hold it again after its window."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(LeaseLost):
        night(there, stop=stop).work(held(there.engine, until=until))
    there.lists = [Broken(Failure.UNREACHABLE)]
    with there.engine.begin() as connection:
        again = runs.take(connection, holder="next", now=until, ttl=TTL)
    assert again is not None
    return again


def test_a_night_that_broke_off_is_ended_after_its_window_without_the_pacs(
    database: Engine,
) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there = pacs(database)
    night(there).work(held(database))

    _, verdict = night(there, clock=lambda: until).work(broken_off(there, until=until))

    assert (there.rounds, verdict) == (1, Verdict.EXACT)


def test_what_had_not_been_pulled_when_the_window_ended_is_told(database: Engine) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there = pacs(database, Listing((ONE,), {}, ("series: 0xc000: unable to process (1 times)",)))

    night(there, clock=lambda: until).work(broken_off(there, until=until))

    gap = "series: 0xc000: unable to process (1 times)"
    assert (there.rounds, ended(database)) == (0, (Verdict.MISMATCH, f"{gap}; {WINDOW_ENDED}"))


def test_a_night_whose_window_ended_before_it_had_a_list_is_not_exact(database: Engine) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there = pacs(database)

    night(there, clock=lambda: until).work(held(database, until=until))

    assert (there.rounds, ended(database)) == (0, (Verdict.MISMATCH, NOT_ASKED))


def test_what_waits_for_a_worker_is_waited_for_no_longer_than_allowed(database: Engine) -> None:
    there = pacs(database)
    with database.begin() as connection:
        leased(connection, receipt("2.25.11", study="2.25.1"), now=NOON)

    found, verdict = night(there).work(held(database))

    assert verdict is Verdict.MISMATCH
    assert found.sums["under_way"] == 1


def test_a_run_that_is_stopped_is_left_to_others_at_once(database: Engine) -> None:
    stop = threading.Event()
    stop.set()
    there = pacs(database)

    with pytest.raises(LeaseLost, match="waits to be gone on with"):
        night(there, stop=stop).work(held(database))

    with database.begin() as connection:
        now = database_time(connection)
        number = runs.open_run_of(connection, DAY, now=now)
        assert runs.take(connection, holder="next", now=now, ttl=TTL, run_id=number) is not None


def test_a_run_that_somebody_took_over_is_not_ended_by_the_first(database: Engine) -> None:
    mine = held(database)
    there = pacs(database)

    def steal(_: Plan) -> bool:
        with database.begin() as connection:
            later = database_time(connection) + 2 * TTL
            runs.take(connection, holder="thief", now=later, ttl=TTL, run_id=mine.id)
        return True

    there.sends = steal

    with pytest.raises(LeaseLost, match="no longer held by night"):
        night(there).work(mine)


def test_a_look_says_what_would_be_pulled_and_writes_nothing(database: Engine) -> None:
    found, wanted, gaps = night(pacs(database)).look(DAY)

    assert [plan.study_uid for plan in wanted] == ["2.25.1", "2.25.2"]
    assert (found.sums["expected"], gaps) == (2, ())
    assert night(pacs(database, listing())).look(DAY)[0].studies == ()
