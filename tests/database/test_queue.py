"""The work queue on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from tests.builders.clock import Clock
from tests.builders.studies import (
    TTL,
    claim,
    complete,
    dead,
    finished,
    leased,
    moves_of,
    queued,
    receipt,
    receive,
    state_of,
    visit,
)
from triage.database import queue, receipts, schema
from triage.database.moves import Kind
from triage.domain.errors import LeaseLost
from triage.domain.study import StudyState

QUIET = timedelta(seconds=2)
LONGEST_WAIT = timedelta(seconds=60)


def completed(connection: Connection, clock: Clock) -> int:
    return queue.complete_studies(connection, now=clock.now, quiet=QUIET, longest_wait=LONGEST_WAIT)


def fail(connection: Connection, clock: Clock, *, most_failures: int = 3) -> StudyState:
    lease = claim(connection, now=clock.now)
    return queue.fail(
        connection, lease, reason="ValueError", now=clock.now, most_failures=most_failures
    )


def test_a_study_is_complete_when_it_was_quiet_after_the_release(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    clock.wait(2)

    assert completed(connection, clock) == 1
    assert state_of(connection) == StudyState.QUEUED


def test_a_study_is_incomplete_while_it_was_not_quiet_for_long_enough(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    clock.wait(1.9)

    assert completed(connection, clock) == 0
    assert state_of(connection) == StudyState.RECEIVING


def test_every_new_film_begins_the_quiet_time_anew(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), now=clock.now)
    receive(connection, receipt("2.25.2"), now=clock.wait(1.5))

    clock.wait(1.5)

    assert completed(connection, clock) == 0


def test_an_open_association_keeps_its_study_incomplete(
    connection: Connection, clock: Clock
) -> None:
    association = visit(connection, now=clock.now)
    receipts.record_receipt(connection, receipt(), association_id=association, now=clock.now)

    clock.wait(30)

    assert completed(connection, clock) == 0


def test_another_studys_open_association_holds_nothing_up(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)
    visit(connection, now=clock.now)

    clock.wait(2)

    assert completed(connection, clock) == 1


def test_a_study_waits_for_an_open_association_only_so_long(
    connection: Connection, clock: Clock
) -> None:
    association = visit(connection, now=clock.now)
    receipts.record_receipt(connection, receipt(), association_id=association, now=clock.now)

    clock.wait(60)

    assert completed(connection, clock) == 1


def test_a_study_is_completed_once(connection: Connection, clock: Clock) -> None:
    queued(connection, now=clock.now)

    again = complete(connection, now=clock.now)

    assert again == 0


def test_nothing_is_claimed_from_an_empty_queue(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    lease = queue.claim(connection, worker="worker-1", now=clock.now, ttl=TTL)

    assert lease is None


def test_the_study_that_waits_longest_is_claimed_first(
    connection: Connection, clock: Clock
) -> None:
    queued(connection, receipt("2.25.1", study="2.25.20"), now=clock.now)
    queued(connection, receipt("2.25.2", study="2.25.10"), now=clock.wait(1))

    lease = claim(connection, now=clock.now)

    assert lease.study_uid == "2.25.20"


def test_a_higher_priority_is_claimed_before_a_longer_wait(
    connection: Connection, clock: Clock
) -> None:
    queued(connection, receipt("2.25.1", study="2.25.10"), now=clock.now)
    queued(connection, receipt("2.25.2", study="2.25.20"), now=clock.wait(1))
    urgent = update(schema.study).where(schema.study.c.study_uid == "2.25.20")
    connection.execute(urgent.values(priority=1))

    lease = claim(connection, now=clock.now)

    assert lease.study_uid == "2.25.20"


def test_a_claimed_study_is_not_claimed_again(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    second = queue.claim(connection, worker="worker-2", now=clock.now, ttl=TTL)

    assert second is None


def test_a_new_study_is_leased_beside_others(connection: Connection, clock: Clock) -> None:
    queued(connection, now=clock.now)

    lease = queue.claim(connection, worker="worker-1", now=clock.now, ttl=TTL, beside=7)

    assert lease is not None
    assert not lease.alone


def test_a_study_that_failed_is_leased_alone(connection: Connection, clock: Clock) -> None:
    queued(connection, now=clock.now)
    fail(connection, clock)
    clock.wait(2)

    beside = queue.claim(connection, worker="worker-1", now=clock.now, ttl=TTL, beside=1)
    lease = claim(connection, now=clock.now)

    assert beside is None
    assert lease.alone


def test_while_a_study_that_failed_is_next_nobody_overtakes_it(
    connection: Connection, clock: Clock
) -> None:
    queued(connection, now=clock.now)
    fail(connection, clock)
    clock.wait(2)
    queued(connection, receipt("2.25.2", study="2.25.20"), now=clock.wait(1))

    beside = queue.claim(connection, worker="worker-1", now=clock.now, ttl=TTL, beside=1)

    assert beside is None


def test_a_study_on_which_a_worker_died_is_leased_alone(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)
    queue.release_abandoned(connection, worker="worker-1", now=clock.now, most_deaths=5)
    clock.wait(2)

    assert claim(connection, now=clock.now).alone


def test_a_worker_that_died_with_several_studies_makes_none_of_them_dead(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)
    leased(connection, receipt("2.25.2", study="2.25.20"), now=clock.now)

    queue.release_abandoned(connection, worker="worker-1", now=clock.now, most_deaths=1)

    states = connection.scalars(select(schema.study.c.state)).all()
    assert states == [StudyState.QUEUED] * 2


def test_a_lease_names_its_worker_its_end_and_its_attempt(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)

    assert lease.worker == "worker-1"
    assert lease.expires_at == clock.now + TTL
    assert lease.attempt == 1


def test_every_lease_of_a_study_has_a_higher_fence(connection: Connection, clock: Clock) -> None:
    queued(connection, now=clock.now)
    fail(connection, clock)
    clock.wait(2)

    lease = claim(connection, now=clock.now)

    assert lease.fence == 2
    assert lease.attempt == 2


def test_a_renewed_lease_outlives_its_first_end(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    queue.renew(connection, lease, now=clock.wait(20), ttl=TTL)

    clock.wait(20)

    assert queue.release_abandoned(connection, worker=None, now=clock.now, most_deaths=5) == 0


def test_an_expired_lease_puts_the_study_back_into_the_queue(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)

    count = queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)

    assert count == 1
    assert state_of(connection) == StudyState.QUEUED


def test_a_lease_that_still_runs_is_left_alone(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    count = queue.release_abandoned(connection, worker=None, now=clock.wait(29), most_deaths=5)

    assert count == 0


def test_a_restarted_worker_frees_its_own_leases_at_once(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)

    others = queue.release_abandoned(connection, worker="worker-2", now=clock.now, most_deaths=5)
    own = queue.release_abandoned(connection, worker="worker-1", now=clock.now, most_deaths=5)

    assert (others, own) == (0, 1)


def test_a_study_on_which_too_many_workers_died_is_dead(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)

    queue.release_abandoned(connection, worker="worker-1", now=clock.now, most_deaths=1)

    assert state_of(connection) == StudyState.DEAD


def test_a_workers_death_is_not_the_studys_failure(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    queue.release_abandoned(connection, worker="worker-1", now=clock.now, most_deaths=5)

    counts = connection.execute(select(schema.study.c.failures, schema.study.c.deaths)).one()
    assert tuple(counts) == (0, 1)


def test_a_failed_study_rests_before_it_is_tried_again(
    connection: Connection, clock: Clock
) -> None:
    queued(connection, now=clock.now)
    fail(connection, clock)

    at_once = queue.claim(connection, worker="worker-1", now=clock.wait(1.9), ttl=TTL)
    later = queue.claim(connection, worker="worker-1", now=clock.wait(0.1), ttl=TTL)

    assert at_once is None
    assert later is not None


@pytest.mark.parametrize(("failures", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300)])
def test_the_rest_doubles_up_to_five_minutes(failures: int, seconds: int) -> None:
    assert queue.pause_after(failures) == timedelta(seconds=seconds)


def test_the_rest_stays_five_minutes_after_any_number_of_failures() -> None:
    assert queue.pause_after(10_000) == queue.LONGEST_BACK_OFF


def test_a_study_that_failed_too_often_is_dead(connection: Connection, clock: Clock) -> None:
    queued(connection, now=clock.now)
    first = fail(connection, clock, most_failures=2)
    clock.wait(60)

    second = fail(connection, clock, most_failures=2)

    assert (first, second) == (StudyState.QUEUED, StudyState.DEAD)


def test_a_dead_study_is_claimed_by_nobody(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    lease = queue.claim(connection, worker="worker-1", now=clock.wait(3600), ttl=TTL)

    assert lease is None


def test_the_event_of_a_failure_keeps_its_reason(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    reason = connection.scalar(
        select(schema.event.c.reason).where(schema.event.c.to_state == StudyState.DEAD)
    )

    assert reason == "ValueError at film.py:1"


def test_a_late_worker_cannot_renew(connection: Connection, clock: Clock) -> None:
    late = leased(connection, now=clock.now)
    queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)
    claim(connection, now=clock.wait(2), worker="worker-2")

    with pytest.raises(LeaseLost):
        queue.renew(connection, late, now=clock.now, ttl=TTL)


def test_a_late_worker_cannot_fail_the_study(connection: Connection, clock: Clock) -> None:
    late = leased(connection, now=clock.now)
    queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)
    claim(connection, now=clock.wait(2), worker="worker-2")

    with pytest.raises(LeaseLost):
        queue.fail(connection, late, reason="late", now=clock.now, most_failures=1)


def test_a_late_worker_cannot_finish_the_study(connection: Connection, clock: Clock) -> None:
    late = leased(connection, now=clock.now)
    queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)
    claim(connection, now=clock.wait(2), worker="worker-2")

    with pytest.raises(LeaseLost):
        finished(connection, late, now=clock.now)


def test_every_move_of_a_study_has_an_event(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    finished(connection, lease, now=clock.now)

    moves = moves_of(connection, Kind.STUDY)

    assert moves == [
        ("NEW", "RECEIVING"),
        ("RECEIVING", "QUEUED"),
        ("QUEUED", "ASSESSING"),
        ("ASSESSING", "ASSESSED"),
        ("ASSESSED", "DONE"),
    ]


def test_an_event_says_how_long_the_old_state_lasted(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)
    complete(connection, now=clock.wait(2.5))

    duration_s = connection.scalar(
        select(schema.event.c.duration_s).where(schema.event.c.to_state == StudyState.QUEUED)
    )

    assert duration_s == 2.5
