"""Readings of the studies that ``studies`` makes."""

from datetime import datetime

from sqlalchemy import Connection, select

from tests.builders.clock import NOON
from tests.builders.studies import STUDY, claim, finished, queued, receipt
from triage.database import schema
from triage.database.identities import note_accession
from triage.database.reads import import_reads
from triage.domain.hidden import Hidden
from triage.domain.reading import Answer, Fate, Reading


def reading(
    line: int = 2,
    *,
    study_uid: str | None = STUDY,
    accession: Hidden | None = None,
    label: str = "tumour",
    answer: Answer = Answer.PRESENT,
    reader: str = "A",
    read_at: datetime = NOON,
) -> Reading:
    """Say that reader A saw a tumour at noon."""
    return Reading(line, study_uid, accession, label, answer, reader, read_at)


def by_number(accession: str, line: int = 2, *, answer: Answer = Answer.PRESENT) -> Reading:
    """Say it of the study with an accession number."""
    return reading(line, study_uid=None, accession=Hidden(accession), answer=answer)


def assessed_study(
    connection: Connection,
    study: str = STUDY,
    *,
    accession: str = "",
    now: datetime = NOON,
) -> None:
    """Receive a film of a study and assess it: tumour, 0.9."""
    queued(connection, receipt(f"{study}.1", study=study), now=now)
    finished(connection, claim(connection, now=now), now=now)
    table = schema.study.c
    study_id = connection.execute(select(table.id).where(table.study_uid == study)).scalar_one()
    note_accession(connection, study_id, Hidden(accession))


def imported(connection: Connection, *readings: Reading, now: datetime = NOON) -> list[Fate]:
    """Import readings."""
    return import_reads(connection, readings, now=now, actor="operator:test")
