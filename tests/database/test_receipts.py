"""What the listener writes, on both engines."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, select, text, update

from tests.builders.clock import NOON, Clock
from tests.builders.listed import listing, study_of
from tests.builders.studies import (
    STUDY,
    dead,
    film_states,
    finished,
    leased,
    moves_of,
    parcel,
    posted,
    queued,
    receipt,
    receive,
    refused,
    state_of,
    visit,
)
from triage.database import receipts, results, schema
from triage.database.engine import DatabaseAway
from triage.database.moves import Kind
from triage.database.receipts import Caller, Receipt
from triage.database.statement import look
from triage.database.worklist import record_listing
from triage.domain.study import FilmState, StudyState

HOSTILE = "1'); DROP TABLE study; --"


def test_a_new_film_waits_in_a_new_study(connection: Connection, clock: Clock) -> None:
    new = receive(connection, receipt(), now=clock.now)

    assert new == [True]
    assert film_states(connection) == [FilmState.WAITING]
    assert state_of(connection) == StudyState.RECEIVING


def test_a_receipt_keeps_everything_that_it_says(connection: Connection, clock: Clock) -> None:
    film = receipt()

    receive(connection, film, now=clock.now)

    row = connection.execute(select(schema.instance)).one()
    names = ("sop_instance_uid", "sop_class_uid", "series_uid", "modality", "digest", "bytes")
    assert [getattr(row, name) for name in names] == [getattr(film, name) for name in names]
    assert row.received_at == clock.now


def test_a_film_of_three_gibibytes_is_recorded(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), replace(receipt("2.25.9"), bytes=3 * 2**30), now=clock.now)

    sizes = connection.scalars(select(schema.instance.c.bytes).order_by(schema.instance.c.id))
    assert list(sizes) == [1024, 3 * 2**30]


def test_the_same_film_with_the_same_digest_is_nothing_new(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    again = receive(connection, receipt(), now=clock.wait(1))

    assert again == [False]
    assert film_states(connection) == [FilmState.WAITING]


def test_a_repeat_does_not_begin_the_quiet_time_anew(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)
    first = clock.now

    receive(connection, receipt(), now=clock.wait(1))

    assert connection.scalar(select(schema.study.c.last_received_at)) == first


def test_the_same_film_with_another_digest_is_a_further_receipt(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    again = receive(connection, receipt(contents="coerced"), now=clock.wait(1))

    assert again == [True]
    assert film_states(connection) == [FilmState.WAITING, FilmState.WAITING]


def test_the_films_of_one_study_share_its_row(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)

    studies = connection.scalars(select(schema.instance.c.study_id)).all()

    assert len(set(studies)) == 1


def test_a_late_film_sends_a_finished_study_back_to_the_queue(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert state_of(connection) == StudyState.QUEUED
    assert film_states(connection) == [FilmState.ASSESSED, FilmState.WAITING]


def test_a_late_film_wakes_a_study_whose_result_is_on_its_way(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel(), now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert moves_of(connection, Kind.STUDY)[-1] == (StudyState.ASSESSED, StudyState.QUEUED)


def test_a_late_film_wakes_a_study_that_was_not_assessed(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(films[0].id)], now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert moves_of(connection, Kind.STUDY)[-1] == (StudyState.NOT_ASSESSED, StudyState.QUEUED)


def test_a_late_film_gives_a_dead_study_all_its_attempts_again(
    connection: Connection, clock: Clock
) -> None:
    dead(connection, now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert state_of(connection) == StudyState.QUEUED
    assert connection.scalar(select(schema.study.c.failures)) == 0


def test_a_repeat_wakes_no_finished_study(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    receive(connection, receipt(), now=clock.wait(60))

    assert state_of(connection) == StudyState.DONE


def test_a_film_that_comes_while_its_study_is_assessed_moves_nothing(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.now)

    assert state_of(connection) == StudyState.ASSESSING


def test_a_swept_film_that_comes_again_is_to_be_swept_again(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    connection.execute(update(schema.instance).values(swept_at=clock.now))

    receive(connection, receipt(), now=clock.wait(60))

    assert connection.scalar(select(schema.instance.c.swept_at)) is None


def test_every_film_has_the_event_of_its_coming(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)

    moves = moves_of(connection, Kind.FILM)

    assert moves == [("NEW", FilmState.WAITING)] * 2


def test_receipts_of_many_studies_are_written_together(
    connection: Connection, clock: Clock
) -> None:
    films = [receipt(f"2.25.{number}", study=f"2.25.{number % 5}.1") for number in range(20)]
    association = visit(connection, now=clock.now)

    new = receipts.record_receipts(
        connection, [(film, association) for film in films], now=clock.now
    )

    assert new == [True] * 20
    assert film_states(connection) == [FilmState.WAITING] * 20
    assert len(moves_of(connection, Kind.STUDY)) == 5
    assert len(moves_of(connection, Kind.FILM)) == 20


def test_every_receipt_is_told_its_own_answer(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.2"), now=clock.now)
    association = visit(connection, now=clock.now)
    films = [receipt(film) for film in ("2.25.1", "2.25.2", "2.25.3", "2.25.1")]

    new = receipts.record_receipts(
        connection, [(film, association) for film in films], now=clock.now
    )

    assert new == [True, False, True, False]


def test_late_films_that_come_together_wake_their_study_once(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    association = visit(connection, now=clock.now)
    films = [receipt("2.25.8"), receipt("2.25.9")]

    receipts.record_receipts(
        connection, [(film, association) for film in films], now=clock.wait(60)
    )

    assert moves_of(connection, Kind.STUDY)[-2:] == [
        (StudyState.ASSESSED, StudyState.DONE),
        (StudyState.DONE, StudyState.QUEUED),
    ]


def test_associations_that_open_together_get_a_row_each(
    connection: Connection, clock: Clock
) -> None:
    callers = [Caller("CR1", "10.0.0.1"), Caller("CR2", "10.0.0.2"), Caller("CR1", "10.0.0.1")]

    numbers = receipts.open_associations(connection, callers, listener="l", now=clock.now)

    table = schema.association.c
    rows = connection.execute(select(table.id, table.calling_ae_title)).all()
    titles = {row.id: row.calling_ae_title for row in rows}
    assert [titles[number] for number in numbers] == ["CR1", "CR2", "CR1"]
    assert len(set(numbers)) == 3


def test_closing_an_association_closes_no_other(connection: Connection, clock: Clock) -> None:
    first, second = visit(connection, now=clock.now), visit(connection, now=clock.now)

    receipts.close_association(connection, first, now=clock.wait(1))

    table = schema.association.c
    still_open = connection.scalars(select(table.id).where(table.closed_at.is_(None))).all()
    assert still_open == [second]


def test_a_restarted_listener_closes_what_it_had_left_open(
    connection: Connection, clock: Clock
) -> None:
    visit(connection, now=clock.now, listener="listener-1")
    visit(connection, now=clock.now, listener="listener-2")

    count = receipts.close_abandoned(connection, listener="listener-1", now=clock.wait(1))

    assert count == 1


def test_sql_in_an_identifier_stays_text(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(HOSTILE, study=HOSTILE), now=clock.now)

    assert state_of(connection, HOSTILE) == StudyState.RECEIVING


def test_sql_in_an_ae_title_stays_text(connection: Connection, clock: Clock) -> None:
    receipts.open_association(
        connection, listener=HOSTILE, calling_ae_title=HOSTILE, host=HOSTILE, now=clock.now
    )

    assert connection.scalar(select(schema.association.c.calling_ae_title)) == HOSTILE


def test_a_time_without_a_zone_is_refused(connection: Connection, clock: Clock) -> None:
    with pytest.raises(Exception, match="no zone"):
        visit(connection, now=clock.now.replace(tzinfo=None))


def test_two_studies_are_told_apart(connection: Connection, clock: Clock) -> None:
    queued(connection, receipt("2.25.1", study=STUDY), now=clock.now)

    receive(connection, receipt("2.25.2", study="2.25.999"), now=clock.now)

    assert state_of(connection, STUDY) == StudyState.QUEUED
    assert state_of(connection, "2.25.999") == StudyState.RECEIVING


FORTH = [receipt(f"2.25.{number}", study=f"2.25.{number % 20}.1") for number in range(100)]
BACK = [receipt(f"2.25.{number}", study=f"2.25.{number % 20}.1") for number in range(199, 99, -1)]


def meet(database: Engine) -> None:
    """Let two listeners bring films of the same studies at the same time, in opposite orders."""
    met = Barrier(2, timeout=30)

    def listen(films: Sequence[Receipt]) -> None:
        met.wait()
        for first in range(0, len(films), 20):
            with database.begin() as connection:
                together(connection, films[first : first + 20])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(listen, films) for films in (FORTH, BACK)]:
            done.result(timeout=60)


def together(connection: Connection, films: Sequence[Receipt]) -> None:
    association = visit(connection, now=NOON)
    receipts.record_receipts(connection, [(film, association) for film in films], now=NOON)


def one_by_one(database: Engine, films: Sequence[Receipt], *, met: Barrier) -> None:
    """Bring films in one transaction, and go on when somebody else holds a study, too."""
    with database.begin() as connection:
        together(connection, films[:1])
        met.wait()
        for film in films[1:]:
            together(connection, [film])


def test_listeners_with_the_same_studies_never_deadlock(database: Engine) -> None:
    meet(database)

    with database.begin() as connection:
        assert film_states(connection) == [FilmState.WAITING] * 200


@pytest.mark.parametrize("backend", ["postgresql"])
def test_they_would_if_each_locked_its_studies_as_they_come(database: Engine) -> None:
    met = Barrier(2, timeout=30)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(one_by_one, database, films, met=met) for films in (FORTH, BACK)]

        errors = [each.exception(timeout=60) for each in both]

    (lost,) = [error for error in errors if error is not None]
    assert isinstance(lost, DatabaseAway)
    assert "deadlock detected" in str(lost)


EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


def plan(connection: Connection, sql: str, values: Sequence[object], *, times: int) -> str:
    """Return the plan of a statement among thousands of studies and films."""
    together(connection, [receipt(f"2.25.{n}.1", study=f"2.25.{n}") for n in range(2000)])
    connection.execute(text("ANALYZE"))
    explain = EXPLAIN[connection.dialect.name] + sql
    return "\n".join(str(row) for row in look(connection, explain, values, times=times))


def test_what_is_known_is_found_by_index(connection: Connection) -> None:
    told = plan(connection, receipts.KNOWN, ["2.25.7", "2.25.8", "digest", "digest"], times=2)

    assert "uq_study_study_uid" in told or "sqlite_autoindex_study_1" in told
    assert "ix_instance_digest" in told


def test_a_study_that_is_known_is_locked_by_index(connection: Connection) -> None:
    told = plan(connection, receipts.KNOWN_STUDIES, [NOON, "2.25.7", "2.25.8"], times=2)

    assert "uq_study_study_uid" in told or "sqlite_autoindex_study_1" in told
    assert "SCAN" not in told
    assert "Seq Scan" not in told


def test_the_urgency_of_a_new_study_is_found_by_index(connection: Connection) -> None:
    names = [f"2.25.{number}" for number in range(2000)]
    record_listing(connection, NOON.date(), listing(*map(study_of, names)))
    at = receipts.stored(connection, NOON)

    told = plan(connection, receipts.NEW_STUDIES, ["2.25.9", at, at, at, at, "2.25.9"], times=1)

    assert "ix_worklist_study_study_uid" in told
    assert "SCAN worklist_study" not in told


def test_a_walk_over_every_film_would_be_noticed(connection: Connection) -> None:
    connection.execute(text("DROP INDEX ix_instance_digest"))

    told = plan(connection, receipts.KNOWN, ["2.25.7", "digest"], times=1)

    # PostgreSQL may walk over the whole of an index that begins with something else.
    walks = ("SCAN instance", "Seq Scan on instance", "uq_instance_sop_instance_uid_digest")
    assert any(walk in told for walk in walks)
