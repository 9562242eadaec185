"""The reconciliation of a day's list: computed anew at each look, so that it is always true."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection

from triage.database.statement import look

RECONCILED = """
WITH listed AS (
    SELECT id, study_uid, priority, left_out, instances, pulls, failure
    FROM worklist_study WHERE day = ?
), came AS (
    SELECT listed.id AS listed_id, film.id, 0 AS named
    FROM listed
    JOIN study ON study.study_uid = listed.study_uid
    JOIN instance AS film ON film.study_id = study.id
    WHERE film.modality IS NULL OR film.modality IN ('CR', 'DX')
    UNION ALL
    SELECT listed.id, film.id, 1
    FROM listed
    JOIN worklist_instance AS named ON named.worklist_study_id = listed.id
    JOIN instance AS film ON film.sop_instance_uid = named.sop_instance_uid
), film AS (
    SELECT came.listed_id, came.named,
        film.id, film.sop_instance_uid, film.study_id, film.state, film.code
    FROM came
    LEFT JOIN correction ON correction.instance_id = came.id
    JOIN instance AS film ON film.id = COALESCE(correction.by_instance_id, came.id)
), named AS (
    SELECT worklist_study_id AS listed_id, COUNT(*) AS films
    FROM worklist_instance
    WHERE worklist_study_id IN (SELECT id FROM listed)
    GROUP BY worklist_study_id
), here AS (
    SELECT listed_id,
        COUNT(DISTINCT sop_instance_uid) AS films,
        COUNT(DISTINCT CASE WHEN named = 1 THEN sop_instance_uid END) AS named,
        MAX(CASE WHEN state = 'ASSESSED' THEN 1 ELSE 0 END) AS assessed,
        MAX(CASE WHEN state = 'WAITING' THEN 1 ELSE 0 END) AS waiting,
        MIN(CASE WHEN state IN ('NOT_ASSESSED', 'QUARANTINED') THEN code END) AS code
    FROM film GROUP BY listed_id
), owner AS (
    SELECT DISTINCT film.listed_id, study.id AS study_id, study.state
    FROM film JOIN study ON study.id = film.study_id
), owned AS (
    SELECT listed_id,
        MAX(CASE WHEN state = 'DEAD' THEN 1 ELSE 0 END) AS dead,
        MIN(CASE WHEN state IN ('RECEIVING', 'QUEUED', 'ASSESSING') THEN state END) AS busy
    FROM owner GROUP BY listed_id
), returned AS (
    SELECT DISTINCT listed_id, id, study_id FROM film
), sent AS (
    SELECT returned.listed_id,
        COUNT(*) AS captures,
        SUM(CASE WHEN delivery.state IN ('SENT', 'PROVEN', 'SENT_UNPROVEN') THEN 1 ELSE 0 END)
            AS delivered,
        SUM(CASE WHEN delivery.state = 'PROVEN' THEN 1 ELSE 0 END) AS proven,
        SUM(CASE WHEN delivery.state IN ('WAITING', 'SENT') THEN 1 ELSE 0 END) AS under_way,
        MIN(CASE
            WHEN delivery.state NOT IN ('WAITING', 'PARKED') THEN NULL
            WHEN delivery.digest IS NULL AND delivery.sop_instance_uid IS NOT NULL THEN 'given up'
            ELSE COALESCE(delivery.reason, delivery.state)
        END) AS undelivered
    FROM returned
    JOIN delivery
        ON delivery.study_id = returned.study_id AND delivery.instance_id = returned.id
    GROUP BY returned.listed_id
)
SELECT study_uid, priority, left_out, expected, films_here, missing, outcome,
    CASE outcome
        WHEN 'left_out' THEN left_out
        WHEN 'missing' THEN COALESCE(
            failure, CASE WHEN pulls > 0 THEN 'pulled, and not all came' ELSE 'not pulled' END
        )
        WHEN 'under_way' THEN busy
        WHEN 'not_assessed' THEN code
        WHEN 'assessed' THEN undelivered
    END AS why,
    captures, delivered, proven, captures_under_way
FROM (
    SELECT told.*,
        CASE
            WHEN left_out IS NOT NULL THEN 'left_out'
            WHEN missing > 0 THEN 'missing'
            WHEN dead = 1 THEN 'dead'
            WHEN waiting = 1 OR busy IS NOT NULL THEN 'under_way'
            WHEN assessed = 1 THEN 'assessed'
            WHEN code IS NOT NULL THEN 'not_assessed'
            ELSE 'unexplained'
        END AS outcome
    FROM (
        SELECT listed.*, listed.instances AS expected,
            COALESCE(here.films, 0) AS films_here,
            CASE
                WHEN COALESCE(named.films, 0) - COALESCE(here.named, 0)
                    > listed.instances - COALESCE(here.films, 0)
                THEN COALESCE(named.films, 0) - COALESCE(here.named, 0)
                ELSE listed.instances - COALESCE(here.films, 0)
            END AS missing,
            here.assessed, here.waiting, here.code, owned.dead, owned.busy,
            COALESCE(sent.captures, 0) AS captures,
            COALESCE(sent.delivered, 0) AS delivered,
            COALESCE(sent.proven, 0) AS proven,
            COALESCE(sent.under_way, 0) AS captures_under_way,
            sent.undelivered
        FROM listed
        LEFT JOIN named ON named.listed_id = listed.id
        LEFT JOIN here ON here.listed_id = listed.id
        LEFT JOIN owned ON owned.listed_id = listed.id
        LEFT JOIN sent ON sent.listed_id = listed.id
    ) AS told
) AS decided
ORDER BY study_uid
"""


class Outcome(StrEnum):
    """What became of a listed study; each has exactly one."""

    LEFT_OUT = "left_out"
    MISSING = "missing"
    DEAD = "dead"
    UNDER_WAY = "under_way"
    ASSESSED = "assessed"
    NOT_ASSESSED = "not_assessed"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One listed study: how many films of it are expected, here and missing.

    ``why`` is that of the outcome; of an assessed one, why a capture was not delivered.
    """

    study_uid: str
    priority: int
    expected: int
    here: int
    missing: int
    outcome: Outcome
    why: str | None
    captures: int
    delivered: int
    proven: int
    captures_under_way: int

    @property
    def is_under_way(self) -> bool:
        """Whether waiting may change what is told."""
        return self.outcome is Outcome.UNDER_WAY or self.captures_under_way > 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A day's list, study by study, and its sums.

    Each expected study is in exactly one of ``assessed``, ``not_assessed``, ``failed``,
    ``under_way`` and ``unexplained``.
    """

    day: date
    studies: tuple[Reconciled, ...]

    @property
    def sums(self) -> Mapping[str, int]:
        """The numbers of studies, in the order in which they are told."""
        by = Counter(study.outcome for study in self.studies)
        expected = [study for study in self.studies if study.outcome is not Outcome.LEFT_OUT]
        returned = [study for study in expected if study.captures]
        return {
            "listed": len(self.studies),
            "left_out": by[Outcome.LEFT_OUT],
            "expected": len(expected),
            "received": len(expected) - by[Outcome.MISSING],
            "assessed": by[Outcome.ASSESSED],
            "not_assessed": by[Outcome.NOT_ASSESSED],
            "failed": by[Outcome.MISSING] + by[Outcome.DEAD],
            "under_way": by[Outcome.UNDER_WAY],
            "unexplained": by[Outcome.UNEXPLAINED],
            "to_deliver": len(returned),
            "delivered": sum(study.delivered == study.captures for study in returned),
            "proven": sum(study.proven == study.captures for study in returned),
        }

    @property
    def reasons(self) -> Mapping[str, int]:
        """Why studies were left out, not assessed or delivered, or failed, and how many each."""
        told = [f"{study.outcome}: {study.why or 'see triage explain'}" for study in self._to_tell]
        done = (study for study in self.studies if study.outcome is Outcome.ASSESSED)
        told += [f"undelivered: {study.why}" for study in done if study.captures > study.delivered]
        return dict(sorted(Counter(told).items()))

    @property
    def is_exact(self) -> bool:
        """Whether everything that was expected came, was finished, and reached the PACS."""
        sums = self.sums
        open_ones = sums["failed"] + sums["under_way"] + sums["unexplained"]
        return not open_ones and sums["delivered"] == sums["to_deliver"]

    @property
    def is_under_way(self) -> bool:
        """Whether waiting may change what is told."""
        return any(study.is_under_way for study in self.studies)

    @property
    def _to_tell(self) -> list[Reconciled]:
        return [study for study in self.studies if study.outcome is not Outcome.ASSESSED]


def reconciliation(connection: Connection, day: date) -> Reconciliation:
    """Hold what a day's list expects against what is here.

    For a film that came again with another identity the last one stands, wherever it came.
    It begins no transaction, so that on SQLite nobody waits for it.
    """
    key = day.isoformat() if connection.dialect.name == "sqlite" else day
    rows = look(connection, RECONCILED, [key])
    return Reconciliation(day, tuple(_reconciled(*row) for row in rows))


def _reconciled(*row: object) -> Reconciled:
    uid, priority, _, expected, here, missing, outcome, why, *captures = row
    numbers = [int(str(value)) for value in captures]
    return Reconciled(
        study_uid=str(uid),
        priority=int(str(priority)),
        expected=int(str(expected)),
        here=int(str(here)),
        missing=max(int(str(missing)), 0),
        outcome=Outcome(str(outcome)),
        why=None if why is None else str(why),
        captures=numbers[0],
        delivered=numbers[1],
        proven=numbers[2],
        captures_under_way=numbers[3],
    )
