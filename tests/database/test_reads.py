"""Importing radiologists' reads, on both engines: nothing is lost, nothing is changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select, text

from tests.builders.clock import NOON
from tests.builders.reads import assessed_study, by_number, imported, reading
from tests.builders.studies import receipt, receive
from triage.database.engine import DatabaseError, Patience, open_engine
from triage.database.reads import import_reads
from triage.database.reads_schema import reads
from triage.domain.hidden import Hidden
from triage.domain.reading import Answer, Ending, Reading

HOUR = timedelta(hours=1)
OTHER = "2.25.200"
ABSENT = Answer.ABSENT


@pytest.fixture
def here(connection: Connection) -> Connection:
    """A database with two assessed studies, A-17 and A-18."""
    assessed_study(connection, accession="A-17")
    assessed_study(connection, OTHER, accession="A-18")
    return connection


def kept(connection: Connection) -> Sequence[tuple[object, ...]]:
    table = reads.c
    rows = connection.execute(
        select(table.label, table.reader, table.answer, table.read_at).order_by(table.id)
    )
    return [tuple(row) for row in rows]


def holds(connection: Connection) -> list[str]:
    """Return the answers that hold now."""
    return list(connection.scalars(text("SELECT answer FROM report_reads ORDER BY read_id")))


def test_a_reading_is_kept_with_its_time_and_who_imported_it(here: Connection) -> None:
    (fate,) = imported(here, reading())

    assert (fate.line, fate.ending) == (2, Ending.IMPORTED)
    assert kept(here) == [("tumour", "A", "present", NOON)]
    assert here.scalar(select(reads.c.actor)) == "operator:test"


def test_a_number_names_the_same_study_as_its_uid(here: Connection) -> None:
    imported(here, reading())

    (fate,) = imported(here, by_number("A-17"))

    assert fate.ending is Ending.KNOWN


def test_importing_twice_keeps_everything_once(here: Connection) -> None:
    readings = [reading(), reading(3, reader="B"), by_number("A-18", 4)]
    imported(here, *readings)
    before = kept(here)

    fates = imported(here, *readings, now=NOON + HOUR)

    assert {fate.ending for fate in fates} == {Ending.KNOWN}
    assert kept(here) == before


def test_a_changed_read_is_kept_beside_what_was_said_before(here: Connection) -> None:
    imported(here, reading())

    later = reading(answer=ABSENT, read_at=NOON + HOUR)
    (fate,) = imported(here, later, now=NOON + HOUR)

    assert fate.ending is Ending.READ_AGAIN
    assert [row[2] for row in kept(here)] == ["present", "absent"]
    assert holds(here) == ["absent"]


def test_an_earlier_read_that_comes_later_does_not_hold(here: Connection) -> None:
    imported(here, reading())

    (fate,) = imported(here, reading(answer=ABSENT, read_at=NOON - HOUR))

    assert fate.ending is Ending.READ_AGAIN
    assert holds(here) == ["present"]


def test_a_read_corrected_under_its_old_time_holds_and_the_old_file_does_not_undo_it(
    here: Connection,
) -> None:
    imported(here, reading())

    imported(here, reading(answer=ABSENT))
    (fate,) = imported(here, reading())

    assert fate.ending is Ending.KNOWN
    assert holds(here) == ["absent"]


def test_a_reader_may_read_twice_in_one_file(here: Connection) -> None:
    again = reading(3, answer=ABSENT, read_at=NOON - HOUR)

    fates = imported(here, reading(), again, reading(4))

    assert [f.ending for f in fates] == [Ending.IMPORTED, Ending.READ_AGAIN, Ending.KNOWN]
    assert holds(here) == ["present"]


def test_both_answers_at_one_time_in_one_file_are_both_refused(here: Connection) -> None:
    fates = imported(here, reading(), by_number("A-17", 3, answer=ABSENT), reading(4, reader="B"))

    assert [fate.ending for fate in fates[:2]] == [Ending.REFUSED] * 2
    assert "line 3 has another" in fates[0].why
    assert "line 2 has another" in fates[1].why
    assert [row[1] for row in kept(here)] == ["B"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (reading(3, study_uid="2.25.999"), "study: no such study is here"),
        (by_number("A-99", 3), "accession: no study here has this number"),
        (by_number("a-17", 3), "accession: no study here has this number"),
        (reading(3, accession=Hidden("A-18")), "study, accession: they name different studies"),
        (reading(3, label="tumor"), "label: one of Atelectasis, Cardiomegaly"),
        (reading(3, label="Tumour"), "label: one of Atelectasis, Cardiomegaly"),
        (reading(3, read_at=NOON + HOUR), "time: it is yet to come"),
        (reading(3, read_at=NOON.replace(year=202)), "time: before 1990"),
        (reading(3, read_at=datetime.min.replace(tzinfo=UTC)), "time: before 1990"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number_and_the_others_are_kept(
    here: Connection, wrong: Reading, why: str
) -> None:
    fates = imported(here, reading(), wrong, reading(4, study_uid=OTHER))

    assert [fate.ending for fate in fates] == [Ending.IMPORTED, Ending.REFUSED, Ending.IMPORTED]
    assert (fates[1].line, fates[1].why[: len(why)]) == (3, why)
    assert len(kept(here)) == 2


def test_no_refusal_repeats_a_number(here: Connection) -> None:
    assessed_study(here, "2.25.300", accession="A-17")
    lines = [by_number("A-17"), by_number("A-99", 3), reading(4, accession=Hidden("A-18"))]

    fates = imported(here, *lines)

    assert {fate.ending for fate in fates} == {Ending.REFUSED}
    assert "A-" not in repr(fates)


def test_a_number_of_two_studies_is_told_and_the_uid_decides(here: Connection) -> None:
    assessed_study(here, "2.25.300", accession="A-17")

    fates = imported(here, by_number("A-17"), reading(3, accession=Hidden("A-17")))

    assert fates[0].why == "accession: 2 studies here have this number, so name the study"
    assert fates[1].ending is Ending.IMPORTED


def test_what_another_bundle_was_asked_is_a_label_too(here: Connection) -> None:
    here.execute(text("UPDATE finding SET label = 'Fracture'"))

    (fate,) = imported(here, reading(label="Fracture"))

    assert fate.ending is Ending.IMPORTED


def test_a_study_that_was_not_assessed_can_be_read(connection: Connection) -> None:
    receive(connection, receipt(), now=NOON)

    (fate,) = imported(connection, reading())

    assert fate.ending is Ending.IMPORTED


def test_a_dry_run_tells_the_same_and_keeps_nothing(here: Connection) -> None:
    lines = [reading(), reading(3, label="tumor"), reading(4, read_at=NOON - HOUR)]

    told = import_reads(here, lines, now=NOON, actor="operator:test", dry_run=True)

    assert kept(here) == []
    assert told == imported(here, *lines)


@pytest.mark.parametrize("reader", ["'; DROP TABLE reads; --", "=1+1", "<script>", "100 % ? :x"])
def test_a_reader_of_any_name_is_a_reader(here: Connection, reader: str) -> None:
    imported(here, reading(reader=reader))

    assert [row[1] for row in kept(here)] == [reader]


def test_many_lines_are_imported_at_once(here: Connection) -> None:
    many = [reading(n + 2, read_at=NOON - n * HOUR) for n in range(1200)]

    fates = imported(here, *many, by_number("A-18", 1300))

    assert len(kept(here)) == 1201
    assert fates[-1].ending is Ending.IMPORTED


def test_a_second_import_waits_for_the_first(database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        assessed_study(connection)
    hurried = open_engine(database_url, Patience(turn_s=0.1, row_s=0.1))

    with database.begin() as first:
        imported(first, reading())
        with pytest.raises(DatabaseError), hurried.begin() as second:
            imported(second, reading())

    with hurried.begin() as again:
        assert imported(again, reading())[0].ending is Ending.KNOWN
    hurried.dispose()
