"""Migrations on both engines."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, func, inspect, select, text

from tests.builders.clock import Clock
from tests.builders.days import write_days
from tests.builders.postgresql import PostgreSQL
from tests.builders.reads import assessed_study, imported, reading
from tests.builders.studies import (
    STUDY,
    TTL,
    dead,
    delivery_states,
    finished,
    leased,
    moves_of,
    parcel,
    posted,
    receipt,
    receive,
    state_of,
)
from triage.database import migrate, outbox, schema, timeline
from triage.database.agreement import comparisons
from triage.database.door import record_refusals
from triage.database.drift import drift
from triage.database.engine import DatabaseError, open_engine
from triage.database.moves import ALLOWED, By, Kind, change
from triage.database.reading_list import reading_list
from triage.database.roll_up import roll_up_next
from triage.database.soundness import damage
from triage.domain.door import DoorCode, Refused
from triage.domain.errors import ConfigurationError, UnavailableError
from triage.domain.reading import Ending
from triage.domain.study import DeliveryState, StudyState

HEAD = "0013"
AT_THE_DOOR = text(
    "INSERT INTO door_event (at, listener, calling_ae_title, host, status, sentence)"
    " VALUES ('2026-01-05 12:00:00.000000', 'listener-1', 'CR9', '10.0.0.9', :status, :sentence)"
)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def compared(_object: object, name: str | None, *_: object) -> bool:
    """SQLite does not tell that an index descends or what it computes; plans see them used."""
    computed = str(name).endswith(("_day", "_month"))
    return not computed and name not in {"ix_study_queue", "ix_delivery_queue"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": compared})
    return [change[0] for change in compare_metadata(context, schema.metadata)]


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_is_brought_to_the_newest_schema(empty: Engine) -> None:
    revision = migrate.upgrade(empty)

    assert revision == HEAD
    assert tables(empty) == set(schema.metadata.tables)


def test_an_upgrade_of_the_newest_schema_changes_nothing(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    migrate.upgrade(database)

    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.event)) == 7


def test_a_database_with_rows_goes_down_and_up_again(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    migrate.downgrade(database, revision="base")

    assert tables(database) == set()
    assert migrate.upgrade(database) == HEAD
    with database.begin() as connection:
        posted(connection, now=clock.now)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_what_the_schema_says(connection: Connection) -> None:
    assert differences(connection) == []


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_difference_from_the_schema_is_noticed(connection: Connection) -> None:
    connection.execute(text("DROP INDEX ix_instance_digest"))

    assert differences(connection) == ["add_index"]


def test_the_allowed_moves_are_those_of_the_program(connection: Connection) -> None:
    moves = {tuple(row) for row in connection.execute(select(schema.move))}

    assert moves == {
        (kind, start, end)
        for kind, table in ALLOWED.items()
        for start, ends in table.items()
        for end in ends
    }


def test_a_newer_schema_is_refused(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="9999 is newer than this program"):
        migrate.upgrade(database)


def break_off(*arguments: object) -> None:
    if "CREATE TRIGGER" in str(arguments[2]):
        raise KeyboardInterrupt


def test_an_upgrade_that_broke_off_leaves_nothing(empty: Engine) -> None:
    event.listen(empty, "before_cursor_execute", break_off)

    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(empty)

    assert tables(empty) == set()


def test_an_upgrade_that_broke_off_can_be_run_again(empty: Engine) -> None:
    event.listen(empty, "before_cursor_execute", break_off)
    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(empty)
    event.remove(empty, "before_cursor_execute", break_off)

    assert migrate.upgrade(empty) == HEAD


def test_a_database_that_is_out_of_reach_is_unavailable() -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/nothing")

    with pytest.raises(UnavailableError, match="database: OperationalError at opening"):
        migrate.upgrade(engine)


@pytest.mark.parametrize(
    ("status", "sentence", "code"),
    [
        (0xA900, "SOP Class UID differs", DoorCode.INSTANCE),
        (None, "calling AE title and host are not in listener.allowed", DoorCode.CALLING),
        (None, "called AE title is not in listener.called", DoorCode.CALLED),
        (None, "1000 associations are open already", DoorCode.CROWD),
        (None, "TLS: WRONG_VERSION_NUMBER", DoorCode.TLS),
        (None, "HTTP or another text protocol", DoorCode.STRANGE),
    ],
)
def test_an_old_entry_of_the_door_gets_the_code_that_it_tells(
    empty: Engine, status: int | None, sentence: str, code: DoorCode
) -> None:
    migrate.upgrade(empty, revision="0001")
    with empty.begin() as connection:
        connection.execute(AT_THE_DOOR, {"status": status, "sentence": sentence})

    migrate.upgrade(empty)

    with empty.begin() as connection:
        row = connection.execute(select(schema.door_event)).one()
    assert (row.code, row.called_ae_title, row.times) == (code, "", 1)


def test_the_entries_of_the_door_survive_the_way_back_and_forth(
    database: Engine, clock: Clock
) -> None:
    refused = Refused(DoorCode.TLS, "10.0.0.9", "TLS: unsupported protocol", times=7)
    with database.begin() as connection:
        record_refusals(connection, [refused], listener="listener-1", now=clock.now)

    migrate.downgrade(database, revision="0001")
    migrate.upgrade(database)

    with database.begin() as connection:
        row = connection.execute(select(schema.door_event)).one()
    assert (row.code, row.sentence, row.times) == (DoorCode.TLS, refused.sentence, 1)


def test_a_listener_that_knows_the_older_schema_can_go_on_writing(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(AT_THE_DOOR, {"status": None, "sentence": "not allowed"})

        row = connection.execute(select(schema.door_event)).one()

    assert (row.code, row.times) == (DoorCode.STRANGE, 1)


LARGE = replace(receipt(), bytes=3 * 2**30)
AFTER_THE_WAY_BACK = {"sqlite": 3 * 2**30, "postgresql": 2**31 - 1}


@pytest.mark.parametrize(
    ("revision", "why"), [("0002", "integer out of range"), ("0003", "violates not-null")]
)
def test_the_older_schema_of_postgresql_has_no_place_for_a_large_film(
    postgresql: PostgreSQL, revision: str, why: str
) -> None:
    with postgresql.copy(template="template1") as url:
        engine = open_engine(url)
        migrate.upgrade(engine, revision=revision)

        with pytest.raises(DatabaseError, match=why), engine.begin() as old:
            old.execute(text("INSERT INTO instance (bytes) VALUES (:size)"), {"size": LARGE.bytes})

        engine.dispose()


def test_a_large_film_keeps_its_row_on_the_way_back_and_forth(
    database: Engine, backend: str, clock: Clock
) -> None:
    with database.begin() as connection:
        receive(connection, receipt("2.25.9"), LARGE, now=clock.now)

    migrate.downgrade(database, revision="0002")
    migrate.upgrade(database)

    with database.begin() as connection:
        sizes = connection.scalars(select(schema.instance.c.bytes).order_by(schema.instance.c.id))
        assert list(sizes) == [1024, AFTER_THE_WAY_BACK[backend]]


def sent(connection: Connection, clock: Clock) -> None:
    """Post two captures, and send the first, which then waits for its proof."""
    posted(connection, parcel("2.25.1"), parcel("2.25.2"), now=clock.now)
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
    assert delivery is not None
    outbox.mark_sent(
        connection, delivery, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
    )


def test_on_the_way_back_what_waits_for_a_proof_ends_unproven(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        sent(connection, clock)

    migrate.downgrade(database, revision="0003")
    migrate.upgrade(database)

    with database.begin() as connection:
        states = delivery_states(connection)
        moves = moves_of(connection, Kind.DELIVERY)
        study = state_of(connection)
    assert states == [DeliveryState.SENT_UNPROVEN, DeliveryState.WAITING]
    assert moves[-1] == (DeliveryState.SENT, DeliveryState.SENT_UNPROVEN)
    assert study == StudyState.ASSESSED


def test_on_the_way_back_a_study_whose_last_proof_is_given_up_is_done(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
        assert delivery is not None
        outbox.mark_sent(
            connection, delivery, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
        )

    migrate.downgrade(database, revision="0003")

    with database.begin() as connection:
        assert state_of(connection) == StudyState.DONE
        assert moves_of(connection, Kind.STUDY)[-1] == (StudyState.ASSESSED, StudyState.DONE)


def test_what_waits_in_the_outbox_keeps_its_place_and_gets_its_urgency(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        connection.execute(text("UPDATE study SET priority = 5"))

    migrate.downgrade(database, revision="0003")
    migrate.upgrade(database)

    with database.begin() as connection:
        row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.priority, row.in_doubt, row.denials) == ("WAITING", 5, False, 0)
    assert row.next_attempt_at == clock.now


def test_a_film_survives_the_views_going_down_and_up(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    migrate.downgrade(database, revision="0004")

    assert inspect(database).get_view_names() == []
    migrate.upgrade(database)
    write_days(database)
    with database.begin() as connection:
        assert connection.execute(text("SELECT films FROM report_findings")).scalar_one() == 1
        assert connection.execute(select(schema.instance.c.device)).scalar_one() is None


def corrected(connection: Connection, clock: Clock) -> None:
    """Send a result, and let its film come again with another identity."""
    sent(connection, clock)
    lease = leased(connection, receipt(contents="corrected"), now=clock.wait(60))
    finished(connection, lease, parcel("2.25.3"), now=clock.now)


def test_what_is_to_be_removed_is_found_by_an_upgrade(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        corrected(connection, clock)
    migrate.downgrade(database, revision="0005")

    migrate.upgrade(database)
    write_days(database)

    with database.begin() as connection:
        (row,) = timeline.story(connection, STUDY).to_remove
    assert (row["sop_instance_uid"], row["replaced_by"]) == ("2.25.1", "2.25.3")
    assert row["superseded_at"] == clock.now


def test_a_repeat_without_a_result_supersedes_nothing_in_an_upgrade(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        sent(connection, clock)
        lease = leased(connection, receipt(contents="coerced"), now=clock.wait(60))
        finished(connection, lease, now=clock.now)
    migrate.downgrade(database, revision="0005")

    migrate.upgrade(database)

    with database.begin() as connection:
        assert timeline.story(connection, STUDY).to_remove == []


def test_a_move_that_was_made_survives_the_way_back(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        sent(connection, clock)
        by = By("operator", clock.now)
        for move in (("SENT", "PROVEN"), ("PROVEN", "WAITING")):
            change(connection, Kind.DELIVERY, 1, move=move, by=by)

    migrate.downgrade(database, revision="0005")
    migrate.upgrade(database)

    with database.begin() as connection:
        assert moves_of(connection, Kind.DELIVERY)[-1] == ("PROVEN", "WAITING")


def test_the_days_of_a_zone_go_on_the_way_back_and_so_do_their_sums(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        assert roll_up_next(connection, now=clock.wait(2 * 24 * 3600)) is not None

    migrate.downgrade(database, revision="0007")

    with database.begin() as connection:
        assert connection.execute(text("SELECT * FROM score_day")).all() == []
        assert connection.execute(text("SELECT films FROM report_findings")).scalar_one() == 1
        assert connection.execute(text("SELECT label FROM heat_map")).scalar_one() == "tumour"


def test_the_days_of_utc_are_those_of_before(database: Engine, clock: Clock) -> None:
    volume = text("SELECT day, calling_ae_title, instances, bytes FROM report_daily_volume")
    with database.begin() as connection:
        posted(connection, now=clock.now)
        after = connection.execute(volume).all()

    migrate.downgrade(database, revision="0007")

    with database.begin() as connection:
        assert connection.execute(volume).all() == after != []


def test_reads_go_with_their_tables_and_a_study_stays(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        assessed_study(connection, accession="A-17", now=clock.now)
        imported(connection, reading())

    migrate.downgrade(database, revision="0005")

    assert {"reads", "identity"}.isdisjoint(tables(database))
    migrate.upgrade(database)
    with database.begin() as connection:
        assert state_of(connection) == StudyState.DONE
        assert imported(connection, reading())[0].ending is Ending.IMPORTED
        assert comparisons(connection, since=clock.now.date())[0].probability == 0.9


REVISIONS = [script.revision for script in ScriptDirectory(str(migrate.folder())).walk_revisions()]
KEPT = {
    "study": ("study_uid", "state", "priority", "failures", "first_received_at", "fence"),
    "instance": ("sop_instance_uid", "digest", "bytes", "state", "code", "sentence", "swept_at"),
    "assessment": ("instance_id", "bundle_digest", "assessed_at", "infer_s"),
    "finding": ("label", "probability", "threshold", "tier"),
    "heat_map": ("label", "weights"),
    "event": ("at", "kind", "from_state", "to_state", "actor"),
}


def kept(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return what no way through the schemas may change."""
    with engine.begin() as connection:
        tables = {name: schema.metadata.tables[name].c for name in KEPT}
        return {
            name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(select(*(columns[c] for c in KEPT[name])))
                ),
                key=repr,
            )
            for name, columns in tables.items()
        }


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_survive_the_way_to_each_schema_and_back(
    database: Engine, clock: Clock, revision: str
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        dead(connection, receipt("2.25.9", study="2.25.90"), now=clock.now)
    before = kept(database)

    migrate.downgrade(database, revision=revision)
    migrate.upgrade(database)

    assert kept(database) == before
    with database.begin() as connection:
        assert [*damage(connection), *drift(connection)] == []


def test_sums_that_count_a_replaced_film_are_forgotten_by_an_upgrade_and_on_the_way_back(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        corrected(connection, clock)
        assert roll_up_next(connection, now=clock.wait(2 * 24 * 3600)) is not None

    migrate.downgrade(database, revision="0010")

    assert summed_up(database, clock) == [2]
    migrate.upgrade(database)
    assert summed_up(database, clock) == [1]


def test_sums_without_a_replaced_film_survive_an_upgrade(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        assert roll_up_next(connection, now=clock.wait(2 * 24 * 3600)) is not None

    migrate.downgrade(database, revision="0010")
    migrate.upgrade(database)

    with database.begin() as connection:
        assert connection.execute(text("SELECT films FROM score_day")).scalars().all() == [1]


def summed_up(engine: Engine, clock: Clock) -> list[int]:
    """Write the days, sum up the first one, and tell its films."""
    write_days(engine)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT * FROM score_day")).all() == []
        roll_up_next(connection, now=clock.now)
        return list(connection.scalars(text("SELECT films FROM score_day")))


def test_a_role_that_may_read_a_view_may_read_it_after_the_upgrade(
    postgresql: PostgreSQL,
) -> None:
    with postgresql.copy(template="template1") as url:
        engine = open_engine(url)
        migrate.upgrade(engine, revision="0010")
        granted = "SELECT relacl FROM pg_class WHERE relname = 'report_reading_list'"
        with engine.begin() as connection:
            connection.execute(text("GRANT SELECT ON report_reading_list TO PUBLIC"))
            before = connection.execute(text(granted)).scalar_one()

        migrate.upgrade(engine)

        with engine.begin() as connection:
            assert connection.execute(text(granted)).scalar_one() == before is not None
        engine.dispose()


def test_a_late_film_is_listed_after_an_upgrade_and_no_longer_on_the_way_back(
    database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        receive(connection, receipt("2.25.9"), now=clock.wait(9 * 24 * 3600))

    migrate.downgrade(database, revision="0012")

    assert listed(database, clock) == []
    migrate.upgrade(database)
    assert listed(database, clock) == [STUDY]


def listed(engine: Engine, clock: Clock) -> list[object]:
    """Return the studies of this day's reading list."""
    write_days(engine)
    with engine.begin() as connection:
        return [row[1] for row in reading_list(connection, clock.now.date()).rows]
