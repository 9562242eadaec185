"""Receipts of many associations, committed together, on both engines."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from tests.builders.clock import NOON
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from tests.builders.studies import receipt, receive
from tests.builders.waiting import wait_until
from triage.daemon.ledger import Ledger
from triage.database import schema
from triage.database.engine import LISTENER, open_engine
from triage.database.receipts import Receipt
from triage.domain.errors import RejectedInstance

THREADS = 8
HELD = "2.25.7"
LOCK_S = 1.0
DOUBT = "CREATE TABLE doubt (id INTEGER REFERENCES study (id) DEFERRABLE INITIALLY DEFERRED)"
DOUBTFUL = {  # a row that only COMMIT refuses
    "sqlite": (
        "CREATE TRIGGER doubtful AFTER INSERT ON instance BEGIN INSERT INTO doubt VALUES (-1); END",
    ),
    "postgresql": (
        """CREATE FUNCTION doubt() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO doubt VALUES (-1); RETURN NULL; END $$""",
        "CREATE TRIGGER doubtful AFTER INSERT ON instance EXECUTE FUNCTION doubt()",
    ),
}
NO_DOUBT = {
    "sqlite": "DROP TRIGGER doubtful",
    "postgresql": "DROP TRIGGER doubtful ON instance",
}

Coming = list["Future[bool]"]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The listener's own engine."""
    engine = open_engine(database_url, LISTENER)
    yield engine
    engine.dispose()


@pytest.fixture
def hurried(database_url: str) -> Iterator[Engine]:
    """One whose patience is short."""
    engine = open_engine(database_url, replace(LISTENER, turn_s=LOCK_S, row_s=LOCK_S))
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine, listener="listener-1")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


def opened(ledger: Ledger) -> int:
    return ledger.open(calling_ae_title="CR1", host="10.0.0.1")


def film(number: int, *, study: str | None = None) -> Receipt:
    return receipt(f"2.25.{number}.1", study=study or f"2.25.{number}")


def kept(database: Engine) -> list[str]:
    """Return the films that another engine sees: those that are committed."""
    with database.begin() as connection:
        return sorted(connection.scalars(select(schema.instance.c.sop_instance_uid)))


def associations(database: Engine) -> list[tuple[str, bool]]:
    """Return each association's listener, and whether it was closed."""
    table = schema.association.c
    with database.begin() as connection:
        rows = connection.execute(select(table.listener, table.closed_at)).all()
    return [(row.listener, row.closed_at is not None) for row in rows]


@contextmanager
def held(database: Engine) -> Iterator[None]:
    """Hold a study in an open transaction, as somebody might; at the end give way."""
    with database.connect() as connection:
        receive(connection, film(0, study=HELD), now=NOON)
        yield


def is_held_up(database: Engine, ledger: Ledger) -> bool:
    """Tell whether the leader waits: for SQLite's lock with its task, or in PostgreSQL."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    if database.dialect.name == "sqlite":
        return len(ledger) == 1
    with database.begin() as connection:
        return bool(connection.scalar(text(waiting)) == 1)


def queue(pool: ThreadPoolExecutor, database: Engine, ledger: Ledger, *films: Receipt) -> Coming:
    """Let a film of the held study be under way, and others wait in their order behind it."""
    first = film(1, study=HELD)
    coming = [pool.submit(ledger.commit, first, association_id=opened(ledger))]
    wait_until(lambda: is_held_up(database, ledger))
    before = len(ledger)
    for each in films:
        coming.append(pool.submit(ledger.commit, each, association_id=opened(ledger)))
        wait_for(ledger, before + len(coming) - 1)
    return coming


def wait_for(ledger: Ledger, number: int) -> None:
    """Return when so many wait for their transaction."""
    wait_until(lambda: len(ledger) == number)


def test_a_receipt_is_committed_when_it_is_told(ledger: Ledger, database: Engine) -> None:
    new = ledger.commit(film(1), association_id=opened(ledger))

    assert new
    assert kept(database) == ["2.25.1.1"]


def test_the_same_film_is_not_new_the_second_time(ledger: Ledger) -> None:
    number = opened(ledger)

    new = [ledger.commit(film(1), association_id=number) for _ in range(2)]

    assert new == [True, False]


def test_an_association_without_a_film_leaves_no_row(ledger: Ledger, database: Engine) -> None:
    ledger.close(opened(ledger))

    assert associations(database) == []


def test_an_association_has_one_row_for_all_its_films(ledger: Ledger, database: Engine) -> None:
    number = opened(ledger)

    for each in range(3):
        ledger.commit(film(each), association_id=number)

    assert associations(database) == [("listener-1", False)]


def test_an_association_that_ended_is_closed(ledger: Ledger, database: Engine) -> None:
    number = opened(ledger)
    ledger.commit(film(1), association_id=number)

    ledger.close(number)

    wait_until(lambda: associations(database) == [("listener-1", True)])


def test_an_end_that_is_not_written_yet_can_be_hurried(engine: Engine, database: Engine) -> None:
    ledger = Ledger(engine, listener="listener-1", close_within_s=3600)
    number = opened(ledger)
    ledger.commit(film(1), association_id=number)
    ledger.close(number)
    before = associations(database)

    ledger.settle()

    assert before == [("listener-1", False)]
    assert associations(database) == [("listener-1", True)]


def test_an_end_is_written_with_the_next_film(engine: Engine, database: Engine) -> None:
    ledger = Ledger(engine, listener="listener-1", close_within_s=3600)
    first, second = opened(ledger), opened(ledger)
    ledger.commit(film(1), association_id=first)
    ledger.close(first)

    ledger.commit(film(2), association_id=second)

    assert sorted(associations(database)) == [("listener-1", False), ("listener-1", True)]


def test_a_crowd_loses_nothing(ledger: Ledger, database: Engine, pool: ThreadPoolExecutor) -> None:
    def visit(visitor: int) -> list[bool]:
        number = opened(ledger)
        films = [film(100 * visitor + each) for each in range(9)]
        new = [ledger.commit(each, association_id=number) for each in films]
        ledger.close(number)
        return new

    new = list(pool.map(visit, range(THREADS)))

    assert new == [[True] * 9] * THREADS
    assert len(kept(database)) == 9 * THREADS
    wait_until(lambda: associations(database) == [("listener-1", True)] * THREADS)


def test_those_who_come_meanwhile_share_a_transaction(
    ledger: Ledger, engine: Engine, database: Engine, pool: ThreadPoolExecutor
) -> None:
    commits: list[object] = []
    with held(database):
        coming = queue(pool, database, ledger, *map(film, range(2, 7)))
        event.listen(engine, "commit", commits.append)

    assert [each.result(30) for each in coming] == [True] * 6
    assert len(commits) <= 2


def test_who_waits_too_long_is_refused_and_leaves_no_row(
    engine: Engine, database: Engine, pool: ThreadPoolExecutor
) -> None:
    ledger = Ledger(engine, listener="listener-1", patience_s=LOCK_S)
    with held(database):
        first, second = queue(pool, database, ledger, film(2))
        with pytest.raises(
            RejectedInstance, match="database: busy, not taken within 1 s"
        ) as refusal:
            second.result(30)

    assert refusal.value.status == 0xA700
    assert first.result(30)
    assert kept(database) == ["2.25.1.1"]


def test_a_lock_that_is_held_too_long_refuses_only_for_now(
    hurried: Engine, database: Engine
) -> None:
    ledger = Ledger(hurried, listener="listener-1")
    number = opened(ledger)
    with held(database), pytest.raises(RejectedInstance, match="database: "):
        ledger.commit(film(1, study=HELD), association_id=number)

    assert ledger.commit(film(1, study=HELD), association_id=number)


def failed_with(
    pool: ThreadPoolExecutor, database: Engine, ledger: Ledger, bad: Receipt
) -> list[str]:
    """Commit a bad receipt between two good ones, and return which were kept."""
    with held(database):
        coming = queue(pool, database, ledger, film(2), bad, film(3))
    refusals = [each.exception(30) for each in coming]
    assert isinstance(refusals[2], RejectedInstance)
    return kept(database)


def test_a_bad_receipt_refuses_only_itself(
    ledger: Ledger, database: Engine, pool: ThreadPoolExecutor
) -> None:
    bad = replace(film(9), bytes=2**70)

    films = failed_with(pool, database, ledger, bad)

    assert films == ["2.25.1.1", "2.25.2.1", "2.25.3.1"]


def test_it_would_refuse_its_neighbours_if_none_were_tried_alone(
    engine: Engine, database: Engine, pool: ThreadPoolExecutor
) -> None:
    bad = replace(film(9), bytes=2**70)

    films = failed_with(pool, database, Ledger(engine, listener="l", alone_within_s=0), bad)

    assert "2.25.2.1" not in films


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_held_study_stops_only_its_own_films(
    hurried: Engine, database: Engine, pool: ThreadPoolExecutor
) -> None:
    ledger = Ledger(hurried, listener="listener-1")
    with held(database):
        coming = queue(pool, database, ledger, film(2), film(3, study=HELD), film(4))
        refusals = [type(each.exception(30)) for each in coming]

    assert refusals == [RejectedInstance, type(None), RejectedInstance, type(None)]


def test_what_only_the_commit_refuses_is_told_to_nobody(
    ledger: Ledger, database: Engine, pool: ThreadPoolExecutor
) -> None:
    do(database, DOUBT, *DOUBTFUL[database.dialect.name])

    with held(database):
        coming = queue(pool, database, ledger, film(2))
    refusals = [type(each.exception(30)) for each in coming]

    assert refusals == [RejectedInstance] * 2
    assert kept(database) == []
    assert associations(database) == []


def test_a_commit_that_failed_harms_none_that_follows(ledger: Ledger, database: Engine) -> None:
    number = opened(ledger)
    do(database, DOUBT, *DOUBTFUL[database.dialect.name])
    with pytest.raises(RejectedInstance, match="database: "):
        ledger.commit(film(1), association_id=number)
    do(database, NO_DOUBT[database.dialect.name])

    assert ledger.commit(film(1), association_id=number)
    assert associations(database) == [("listener-1", False)]


def test_an_end_that_could_not_be_noted_is_noted_with_the_next_film(
    ledger: Ledger, database: Engine
) -> None:
    first, second = opened(ledger), opened(ledger)
    ledger.commit(film(1), association_id=first)
    do(database, "ALTER TABLE association RENAME TO elsewhere")
    ledger.close(first)
    ledger.settle()
    do(database, "ALTER TABLE elsewhere RENAME TO association")

    ledger.commit(film(2), association_id=second)

    assert sorted(associations(database)) == [("listener-1", False), ("listener-1", True)]


def test_who_follows_a_leader_that_breaks_down_is_told_no_success(
    ledger: Ledger, engine: Engine, database: Engine, pool: ThreadPoolExecutor
) -> None:
    def break_down(_connection: Connection) -> None:
        raise ZeroDivisionError

    with held(database):
        coming = queue(pool, database, ledger, film(2), film(3))
        event.listen(engine, "commit", break_down)
    failures = [type(each.exception(30)) for each in coming]

    assert set(failures) == {ZeroDivisionError, RejectedInstance}
    assert kept(database) == []


def test_films_are_refused_while_the_server_is_away_and_kept_afterwards(
    postgresql: PostgreSQL,
) -> None:
    with postgresql.copy(template=TEMPLATE) as url:
        engine = open_engine(url, LISTENER)
        ledger = Ledger(engine, listener="listener-1")
        number = opened(ledger)
        ledger.commit(film(1), association_id=number)
        postgresql.stop()
        with pytest.raises(RejectedInstance, match="database: OperationalError"):
            ledger.commit(film(2), association_id=number)
        postgresql.start()

        assert ledger.commit(film(2), association_id=number)
        assert kept(engine) == ["2.25.1.1", "2.25.2.1"]
        engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_that_was_cut_off_meanwhile_costs_no_film(
    ledger: Ledger, database: Engine
) -> None:
    number = opened(ledger)
    ledger.commit(film(1), association_id=number)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    do(database, f"{cut} AND datname = current_database()")

    assert ledger.commit(film(2), association_id=number)


def do(database: Engine, *statements: str) -> None:
    """Do what a test needs to have done in the database, and commit it."""
    with database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
