"""Years of a department, generated: studies with a film, an assessment and findings each.

Chance is seeded, so that both databases are given the same rows.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from triage.domain.labels import HEADS, LABELS

DEVICES = ("ACME X1 / ROOM 1", "ACME X1 / ROOM 2", "Bright DR / WARD", "Bright DR / ICU", None)
SEXES, BANDS = ("F", "M", None), ("18-39", "40-59", "60-79", "80 and older", None)
DESTINATION = "PACS@10.0.0.2:4242"
THRESHOLD = 0.5
SPAN = timedelta(days=3 * 365)
SEED = 20260115
SEEN_ABOVE = 0.8

Row = tuple[object, ...]
COLUMNS = {
    "association": "id listener calling_ae_title host opened_at closed_at",
    "study": "id study_uid state state_since first_received_at last_received_at next_attempt_at"
    " failures deaths",
    "instance": "id study_id association_id sop_instance_uid sop_class_uid modality"
    " transfer_syntax_uid digest bytes received_at state state_since code sentence view device sex"
    " age_band",
    "assessment": "id instance_id bundle_name bundle_version bundle_digest assessed_at decode_s"
    " infer_s compose_s",
    "finding": "assessment_id label probability threshold tier",
    "delivery": "study_id instance_id destination sop_instance_uid digest state state_since"
    " attempts next_attempt_at sent_at",
    "correction": "instance_id by_instance_id at",
    "reads": "study_id label reader read_at answer imported_at actor",
    "door_event": "at listener calling_ae_title host sentence code",
}
READERS = ("Reader 1", "Reader 2")


@dataclass(frozen=True, slots=True)
class Case:
    """One study of the history; ``draws`` are what chance says of it, each within [0, 1)."""

    number: int
    at: datetime
    draws: NDArray[np.float64]

    @property
    def refused(self) -> bool:
        """One in ten is no frontal chest film."""
        return self.number % 10 == 9

    @property
    def dead(self) -> bool:
        """One in ten thousand is given up, among those that were to be assessed."""
        return self.number % 10_000 == 5000

    @property
    def corrected(self) -> bool:
        """One in a thousand comes again as the next study."""
        return self.number % 1000 == 3

    @property
    def read(self) -> bool:
        """One in twenty is read by two radiologists."""
        return self.number % 20 == 1

    @property
    def knocked(self) -> bool:
        """Before one in a hundred a stranger was turned away."""
        return self.number % 100 == 7

    @property
    def scores(self) -> tuple[float, ...]:
        """A probability for each label, mostly small."""
        return tuple((self.draws[: len(LABELS)] ** 4).tolist())

    @property
    def flagged(self) -> bool:
        """The tumour or the inflammation reaches its threshold."""
        return float(max(self.draws[:2])) ** 4 >= THRESHOLD

    @property
    def assessed_at(self) -> datetime:
        """Within a few seconds."""
        return self.at + timedelta(seconds=2 + 10 * float(self.draws[-1]))


def fill(connection: Connection, studies: int, *, until: datetime) -> None:
    """Write so many studies, spread evenly over three years, and analyse what was written."""
    apart = SPAN / studies
    draws = np.random.default_rng(SEED).random((studies, len(LABELS) + 4))
    cases = [
        Case(number + 1, until - apart * (studies - 1 - number), draws[number])
        for number in range(studies)
    ]
    assessed = [case for case in cases if not case.refused and not case.dead]
    _write(connection, "association", map(_association, cases))
    _write(connection, "study", map(_study, cases))
    _write(connection, "instance", map(_film, cases))
    _write(connection, "assessment", map(_assessment, assessed))
    _write(connection, "finding", (row for case in assessed for row in _findings(case)))
    _write(connection, "delivery", (_delivery(case) for case in assessed if case.flagged))
    _write(connection, "correction", (_correction(case) for case in cases[:-1] if case.corrected))
    _write(connection, "reads", (row for case in assessed if case.read for row in _reads(case)))
    _write(connection, "door_event", (_knock(case) for case in cases if case.knocked))
    connection.execute(text("ANALYZE"))


def _association(case: Case) -> Row:
    number, at = case.number, case.at
    return (number, "listener-1", f"CR{number % 4}", "10.0.0.1", at, at)


def _study(case: Case) -> Row:
    state = "NOT_ASSESSED" if case.refused else "DEAD" if case.dead else "DONE"
    failures = 3 if case.dead else int(case.number % 500 == 1)
    at, end = case.at, case.assessed_at
    return (case.number, f"2.25.{case.number}", state, end, at, at, at, failures, 0)


def _film(case: Case) -> Row:
    number = case.number
    state = "NOT_ASSESSED" if case.refused else "WAITING" if case.dead else "ASSESSED"
    code = ("lateral", "body_part", "not_frontal_chest")[number % 3] if case.refused else None
    known = (DEVICES[number % 5], SEXES[number % 3], BANDS[number % 5])
    uid, syntax = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1"
    end = case.assessed_at
    sizes = (f"{number:064x}", 15_000_000)
    named = (number, number, number, f"2.25.{number}.1", uid, "DX", syntax, *sizes, case.at)
    return (*named, state, end, code, code, ("PA", "AP", "unknown")[number % 3], *known)


def _assessment(case: Case) -> Row:
    decode, infer, compose = case.draws[-4:-1].tolist()
    took = (decode, infer / 2, compose / 4)
    version = ("1.0", f"{1:064x}") if case.number % 2 else ("1.1", f"{2:064x}")
    return (case.number, case.number, "shipped", *version, case.assessed_at, *took)


def _findings(case: Case) -> Iterator[Row]:
    for place, (label, score) in enumerate(zip(LABELS, case.scores, strict=True)):
        reached = "flagged" if place < 2 else "above_threshold"
        tier = reached if score >= THRESHOLD else "below_threshold"
        yield (case.number, label, score, THRESHOLD, tier)


def _delivery(case: Case) -> Row:
    number, sent = case.number, case.assessed_at + timedelta(seconds=1)
    state = ("PROVEN", "SENT_UNPROVEN")[number % 2]
    object_of = (f"2.25.{number}.2", f"{number:064x}")
    return (number, number, DESTINATION, *object_of, state, sent, 1 + (number % 7 == 0), sent, sent)


def _correction(case: Case) -> Row:
    return (case.number, case.number + 1, case.assessed_at)


def _reads(case: Case) -> Iterator[Row]:
    at = case.assessed_at + timedelta(hours=1)
    for place, (reader, label) in enumerate(product(READERS, HEADS)):
        answer = "present" if case.draws[place // 2] > SEEN_ABOVE else "absent"
        yield (case.number, label, reader, at, answer, at, "import")


def _knock(case: Case) -> Row:
    return (case.at, "listener-1", "CR9", "10.0.0.9", "not allowed", "calling_ae_title")


def _write(connection: Connection, table: str, rows: Iterator[Row]) -> None:
    """Hand rows to the driver itself: there are twenty for each study."""
    names = COLUMNS[table].split()
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        marks = ", ".join("?" * len(names))
        driver.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - constants
            (tuple(map(_sqlite_value, row)) for row in rows),
        )
        return
    cursor = cast("psycopg.Cursor", connection.connection.cursor())
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _sqlite_value(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return value
