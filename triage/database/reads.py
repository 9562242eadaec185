"""Radiologists' reads: which lines of a file can be kept, and keeping them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, text

from triage.database import schema
from triage.database.calendar import add_days
from triage.database.identities import studies_with
from triage.database.parts import parts
from triage.database.reads_schema import reads
from triage.domain.labels import LABELS
from triage.domain.reading import Answer, Ending, Fate, Reading

_Key = tuple[int, str, str]
"""Study, label and reader: of these the latest reading holds."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Whatever is older is a slip of a year; reports would count every day since."""

_Said = tuple[datetime, Answer]


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading, the study that it names, and what becomes of it."""

    reading: Reading
    fate: Fate
    study_id: int = 0

    @property
    def key(self) -> _Key:
        """What a later reading would take the place of."""
        return self.study_id, self.reading.label, self.reading.reader

    @property
    def said(self) -> _Said:
        """When, and what."""
        return self.reading.read_at, self.reading.answer


def import_reads(
    connection: Connection,
    readings: Sequence[Reading],
    *,
    now: datetime,
    actor: str,
    dry_run: bool = False,
) -> list[Fate]:
    """Keep every reading that can be kept, and tell of each what became of it.

    A reading that is here already is not kept again. One of the same reader, study and label at
    another time, or with another answer, is kept beside the others: nothing is ever changed.

    Args:
        connection: the caller owns the transaction; on PostgreSQL other imports wait for its end.
        readings: of one file, in its order.
        now: a reading cannot be later.
        actor: who imports them.
        dry_run: keep nothing, but tell the same.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE reads IN SHARE ROW EXCLUSIVE MODE"))
    judged = _against_known(connection, _without_contradictions(_named(connection, readings, now)))
    kept = [each for each in judged if each.fate.ending in (Ending.IMPORTED, Ending.READ_AGAIN)]
    if kept and not dry_run:
        connection.execute(insert(reads), [_row(each, now, actor) for each in kept])
        add_days(connection, now=now)  # some may have been given long before the films came
    return [each.fate for each in judged]


def _row(judged: Judged, now: datetime, actor: str) -> dict[str, object]:
    reading = judged.reading
    return {
        "study_id": judged.study_id,
        "label": reading.label,
        "reader": reading.reader,
        "read_at": reading.read_at,
        "answer": reading.answer,
        "imported_at": now,
        "actor": actor,
    }


def _named(connection: Connection, readings: Sequence[Reading], now: datetime) -> list[Judged]:
    """Find the study of each reading, and refuse what none, or more than one, answers to."""
    by_uid = _studies(connection, {each.study_uid for each in readings if each.study_uid})
    numbers = {each.accession.reveal for each in readings if each.accession}
    by_number = studies_with(connection, numbers)
    judged = [_found(each, by_uid, by_number) for each in readings]
    labels = {*LABELS, *_labels(connection, {each.study_id for each in judged})}
    return [_plausible(each, labels, now) for each in judged]


def _found(
    reading: Reading, by_uid: Mapping[str, int], by_number: Mapping[str, set[int]]
) -> Judged:
    uid, number = reading.study_uid, reading.accession
    if uid and uid not in by_uid:
        return _refused(reading, "study: no such study is here")
    if number and number.reveal not in by_number:
        return _refused(reading, "accession: no study here has this number")
    named = [{by_uid[uid]}] if uid else []
    named += [by_number[number.reveal]] if number else []
    studies = set.intersection(*named)
    if not studies:
        return _refused(reading, "study, accession: they name different studies")
    if len(studies) > 1:
        why = f"accession: {len(studies)} studies here have this number, so name the study"
        return _refused(reading, why)
    return Judged(reading, Fate(reading.line, Ending.IMPORTED), min(studies))


def _plausible(judged: Judged, labels: Collection[str], now: datetime) -> Judged:
    if judged.fate.ending is Ending.REFUSED:
        return judged
    if judged.reading.label not in labels:
        return _refused(judged.reading, f"label: one of {', '.join(sorted(labels))}")
    if judged.reading.read_at > now:
        return _refused(judged.reading, "time: it is yet to come")
    if judged.reading.read_at < EARLIEST:
        return _refused(judged.reading, f"time: before {EARLIEST.year}")
    return judged


def _without_contradictions(judged: Sequence[Judged]) -> list[Judged]:
    """Refuse the lines of a file in which a reader says both at one time: which holds?"""
    said: dict[tuple[_Key, datetime], dict[Answer, int]] = {}
    for each in _standing(judged):
        reading = each.reading
        said.setdefault((each.key, reading.read_at), {}).setdefault(reading.answer, reading.line)
    return [_consistent(each, said.get((each.key, each.reading.read_at), {})) for each in judged]


def _consistent(judged: Judged, said: Mapping[Answer, int]) -> Judged:
    others = [line for answer, line in said.items() if answer != judged.reading.answer]
    if judged.fate.ending is Ending.REFUSED or not others:
        return judged
    why = f"answer: line {others[0]} has another, of the same reader, study, label and time"
    return _refused(judged.reading, why)


def _against_known(connection: Connection, judged: Sequence[Judged]) -> list[Judged]:
    """Tell what is here already, or stands earlier in the file, from what is new."""
    known = _known(connection, {each.study_id for each in _standing(judged)})
    told = []
    for each in judged:
        if each.fate.ending is Ending.REFUSED:
            told.append(each)
            continue
        said = known.setdefault(each.key, set())
        other = Ending.READ_AGAIN if said else Ending.IMPORTED
        ending = Ending.KNOWN if each.said in said else other
        said.add(each.said)
        told.append(replace(each, fate=Fate(each.reading.line, ending)))
    return told


def _standing(judged: Iterable[Judged]) -> list[Judged]:
    return [each for each in judged if each.fate.ending is not Ending.REFUSED]


def _refused(reading: Reading, why: str) -> Judged:
    return Judged(reading, Fate(reading.line, Ending.REFUSED, why))


def _studies(connection: Connection, uids: Collection[str]) -> dict[str, int]:
    table = schema.study.c
    return {
        uid: study_id
        for some in parts(uids)
        for uid, study_id in connection.execute(
            select(table.study_uid, table.id).where(table.study_uid.in_(some))
        )
    }


def _labels(connection: Connection, study_ids: Collection[int]) -> set[str]:
    """Return what any bundle was asked about these studies."""
    film, said, found = schema.instance.c, schema.assessment.c, schema.finding.c
    asked = (
        select(found.label)
        .join(schema.assessment, said.id == found.assessment_id)
        .join(schema.instance, film.id == said.instance_id)
        .distinct()
    )
    return {
        label
        for some in parts(study_ids)
        for label in connection.scalars(asked.where(film.study_id.in_(some)))
    }


def _known(connection: Connection, study_ids: Collection[int]) -> dict[_Key, set[_Said]]:
    """Return every reading of these studies that is kept."""
    table, known = reads.c, dict[_Key, set[_Said]]()
    asked = select(table.study_id, table.label, table.reader, table.read_at, table.answer)
    for some in parts(study_ids):
        for row in connection.execute(asked.where(table.study_id.in_(some))):
            key = row.study_id, row.label, row.reader
            known.setdefault(key, set()).add((row.read_at, Answer(row.answer)))
    return known
