"""Accession numbers of studies, on both engines."""

import pytest
from sqlalchemy import Connection, func, select

from tests.builders.reads import assessed_study
from triage.database.identities import note_accession, studies_with
from triage.database.reads_schema import identity
from triage.domain.hidden import Hidden

LONG = "A" * 65


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(identity)).scalar_one()


def test_a_study_is_found_by_its_number(connection: Connection) -> None:
    assessed_study(connection, "2.25.1", accession="A-17")
    assessed_study(connection, "2.25.2", accession="A-18")

    found = studies_with(connection, {"A-17", "A-99"})

    assert found.keys() == {"A-17"}
    assert len(found["A-17"]) == 1


@pytest.mark.parametrize("other", ["a-17", "A-17 ", "A-017", "A-1", "A_17", "A%"])
def test_every_letter_of_a_number_counts(connection: Connection, other: str) -> None:
    assessed_study(connection, accession="A-17")

    assert studies_with(connection, {other}) == {}


def test_two_studies_with_one_number_are_both_found(connection: Connection) -> None:
    assessed_study(connection, "2.25.1", accession="A-17")
    assessed_study(connection, "2.25.2", accession="A-17")

    assert len(studies_with(connection, {"A-17"})["A-17"]) == 2


def test_a_number_is_noted_once(connection: Connection) -> None:
    assessed_study(connection, accession="A-17")
    (study_id,) = studies_with(connection, {"A-17"})["A-17"]

    note_accession(connection, study_id, Hidden("A-17"))

    assert count(connection) == 1


@pytest.mark.parametrize("number", ["", "A\0B", "A\x1b[2J", LONG], ids=len)
def test_what_no_file_could_name_is_not_kept(connection: Connection, number: str) -> None:
    assessed_study(connection, accession=number)

    assert count(connection) == 0


def test_many_numbers_are_asked_for_at_once(connection: Connection) -> None:
    assessed_study(connection, accession="1999")

    assert studies_with(connection, {str(number) for number in range(2000)}).keys() == {"1999"}
