"""Rows that contradict each other, and studies that stand still."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from triage.database.receipts import stored
from triage.database.statement import look
from triage.domain.problem import Problem, ProblemCode

LONG_AGO = timedelta(minutes=10)
"""A lease that ended so long ago is taken back by nobody."""
UNUSUALLY_LONG = timedelta(hours=1)
"""No study is received for so long."""

_LATEST = """
SELECT event.subject_id, study.study_uid FROM event
JOIN (SELECT MAX(id) AS id FROM event GROUP BY kind, subject_id) AS latest ON latest.id = event.id
JOIN {table} AS row ON row.id = event.subject_id
JOIN study ON study.id = event.study_id
WHERE event.kind = '{kind}' AND row.state <> event.to_state
"""


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for the id and the Study Instance UID of the rows that are wrong.

    Args:
        kind: of row.
        sentence: what is wrong with them.
        sql: the statement.
        code: of the problem.
        before: the statement's only value is the time so long ago.
    """

    kind: str
    sentence: str
    sql: str
    code: ProblemCode = ProblemCode.STATE
    before: timedelta | None = None


def _film(sentence: str, where: str) -> Question:
    rows = "SELECT film.id, study.study_uid FROM instance AS film"
    return Question(
        "film", sentence, f"{rows} JOIN study ON study.id = film.study_id WHERE {where}"
    )


def _study(sentence: str, where: str) -> Question:
    rows = "SELECT id, study_uid FROM study"
    return Question("study", sentence, f"{rows} WHERE {where}")


def _delivery(sentence: str, where: str) -> Question:
    rows = "SELECT sent.id, study.study_uid FROM delivery AS sent"
    joined = "JOIN study ON study.id = sent.study_id JOIN instance AS film"
    return Question(
        "delivery", sentence, f"{rows} {joined} ON film.id = sent.instance_id WHERE {where}"
    )


def _latest(kind: str, table: str) -> Question:
    sentence = "its state is not the one that its latest event tells"
    return Question(kind, sentence, _LATEST.format(kind=kind, table=table))


_HAS_FILM = "EXISTS (SELECT 1 FROM instance WHERE study_id = study.id{})"
_UNDER_WAY = (
    "EXISTS (SELECT 1 FROM delivery WHERE study_id = study.id AND state IN ('WAITING', 'SENT'))"
)
_SAID = "EXISTS (SELECT 1 FROM assessment AS said WHERE said.instance_id = film.id)"
_FOUND = (
    "EXISTS (SELECT 1 FROM assessment AS said JOIN finding ON finding.assessment_id = said.id"
    " WHERE said.instance_id = film.id)"
)
_WAITS = _HAS_FILM.format(" AND state = 'WAITING'")
_ASSESSED = _HAS_FILM.format(" AND state = 'ASSESSED'")

QUESTIONS = (
    _study("it has no film", f"NOT {_HAS_FILM.format('')}"),
    _study(
        "it is finished, and a film of it still waits",
        f"state IN ('ASSESSED', 'DONE', 'NOT_ASSESSED') AND {_WAITS}",
    ),
    _study(
        "it is called assessed, and none of its films is",
        f"state IN ('ASSESSED', 'DONE') AND NOT {_ASSESSED}",
    ),
    _study(
        "it is called not assessed, and a film of it is",
        f"state = 'NOT_ASSESSED' AND {_ASSESSED}",
    ),
    _study("it is DONE, and a delivery of it is under way", f"state = 'DONE' AND {_UNDER_WAY}"),
    _study(
        "all its deliveries have ended, and it is not DONE",
        f"state = 'ASSESSED' AND NOT {_UNDER_WAY}",
    ),
    _film("it is ASSESSED, and has no findings", f"film.state = 'ASSESSED' AND NOT {_FOUND}"),
    _film("it has an assessment, and is not ASSESSED", f"film.state <> 'ASSESSED' AND {_SAID}"),
    _delivery(
        "it is sent, and has no time at which it was",
        "sent.state IN ('SENT', 'PROVEN', 'SENT_UNPROVEN') AND sent.sent_at IS NULL",
    ),
    _delivery("it is of a film that is not ASSESSED", "film.state <> 'ASSESSED'"),
    _delivery("its film belongs to another study", "film.study_id <> sent.study_id"),
    _latest("study", "study"),
    _latest("film", "instance"),
    _latest("delivery", "delivery"),
    Question(
        "study",
        "its lease ended more than ten minutes ago, and nobody has taken it back",
        "SELECT id, study_uid FROM study WHERE state = 'ASSESSING' AND lease_expires_at < ?",
        code=ProblemCode.LEASE,
        before=LONG_AGO,
    ),
    Question(
        "study",
        "it was begun more than an hour ago, and nobody has queued it",
        "SELECT id, study_uid FROM study WHERE state = 'RECEIVING' AND state_since < ?",
        before=UNUSUALLY_LONG,
    ),
)


def contradictions(connection: Connection, *, now: datetime) -> Iterator[Problem]:
    """Yield every row that contradicts another, or has stood still for too long."""
    for question in QUESTIONS:
        before = question.before
        values = [] if before is None else [stored(connection, now - before)]
        for number, study_uid in look(connection, question.sql, values):
            subject = f"{question.kind} {number} of study {study_uid}"
            yield Problem(question.code, subject, question.sentence)
