"""What the tables of reads and numbers refuse by themselves, on both engines."""

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.builders.clock import NOON
from tests.builders.reads import assessed_study, imported, reading
from triage.database.reads_schema import identity, reads


@pytest.fixture
def here(connection: Connection) -> Connection:
    """A database with one assessed study, A-17."""
    assessed_study(connection, accession="A-17")
    return connection


def test_a_reading_cannot_be_changed_or_deleted(here: Connection) -> None:
    imported(here, reading())

    for statement in (update(reads).values(answer="absent"), delete(reads)):
        with pytest.raises(DBAPIError, match="reads is append-only"), here.begin_nested():
            here.execute(statement)


def test_another_word_than_the_two_is_refused_by_the_table(here: Connection) -> None:
    words = text(
        "INSERT INTO reads (study_id, label, reader, read_at, answer, imported_at, actor)"
        " SELECT id, 'tumour', 'A', :now, 'perhaps', :now, 'x' FROM study"
    )

    with pytest.raises(IntegrityError, match="answer"):
        here.execute(words, {"now": f"{NOON:%Y-%m-%d %H:%M:%S.%f}+00"})


def test_a_reading_is_kept_once(here: Connection) -> None:
    imported(here, reading())
    (row,) = here.execute(select(reads)).mappings()

    with pytest.raises(IntegrityError):
        here.execute(insert(reads), {**row, "id": int(row["id"]) + 1})


def test_a_number_belongs_to_a_study(here: Connection) -> None:
    with pytest.raises(IntegrityError):
        here.execute(insert(identity), {"study_id": 999, "accession": "A-18"})


def test_a_study_may_have_two_numbers(here: Connection) -> None:
    study_id = here.scalar(select(identity.c.study_id))

    here.execute(insert(identity), {"study_id": study_id, "accession": "A-18"})


def test_a_number_is_kept_once_for_a_study(here: Connection) -> None:
    (row,) = here.execute(select(identity.c.study_id, identity.c.accession)).mappings()

    with pytest.raises(IntegrityError):
        here.execute(insert(identity), dict(row))
