"""Studies on a reading list, as rows: how urgent, how long they wait, what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, insert

from tests.builders.studies import receipt, visit
from triage.database import schema, worklist_schema
from triage.database.reading_list import reading_list
from triage.database.statistics import Value
from triage.domain.assessment import Tier
from triage.domain.study import FilmState, StudyState

END = datetime(2026, 1, 6, tzinfo=UTC)
"""Of the day whose list is asked, in a database that counts by days of UTC."""

DAY = (END - timedelta(days=1)).date()


@dataclass(frozen=True, slots=True)
class Listed:
    """A study with one film; ``tier`` is ``None`` where that was not assessed."""

    waited: timedelta = timedelta(hours=1)
    priority: int = 0
    tier: Tier | None = Tier.BELOW
    probability: float = 0.1


def list_studies(
    connection: Connection, studies: Sequence[Listed], *, end: datetime = END
) -> list[str]:
    """Write studies that have waited until ``end``, and return their UIDs: 2.25.1 and so on."""
    association = visit(connection, now=end)
    return [_study(connection, association, n + 1, one, end) for n, one in enumerate(studies)]


def _study(
    connection: Connection, association: int, number: int, one: Listed, end: datetime
) -> str:
    uid, at = f"2.25.{number}", end - one.waited
    study = connection.execute(
        insert(schema.study).values(
            study_uid=uid,
            state=StudyState.DONE,
            state_since=at,
            priority=one.priority,
            first_received_at=at,
            last_received_at=at,
            next_attempt_at=at,
        )
    ).inserted_primary_key
    film = receipt(f"{uid}.1", study=uid)
    assert study is not None
    instance = connection.execute(
        insert(schema.instance).values(
            study_id=study[0],
            association_id=association,
            sop_instance_uid=film.sop_instance_uid,
            sop_class_uid=film.sop_class_uid,
            transfer_syntax_uid=film.transfer_syntax_uid,
            digest=film.digest,
            bytes=film.bytes,
            received_at=at,
            state=FilmState.NOT_ASSESSED if one.tier is None else FilmState.ASSESSED,
            state_since=at,
            code="lateral" if one.tier is None else None,
        )
    ).inserted_primary_key
    assert instance is not None
    if one.tier is not None:
        _say(connection, instance[0], one.tier, one.probability, at)
    return uid


def _say(
    connection: Connection, instance_id: int, tier: Tier, probability: float, at: datetime
) -> None:
    said = connection.execute(
        insert(schema.assessment).values(
            instance_id=instance_id,
            bundle_name="small",
            bundle_version="1.0",
            bundle_digest="ab" * 32,
            assessed_at=at,
            decode_s=0.5,
            infer_s=0.25,
            compose_s=0.125,
        )
    ).inserted_primary_key
    assert said is not None
    connection.execute(
        insert(schema.finding).values(
            assessment_id=said[0],
            label="tumour",
            probability=probability,
            threshold=0.5,
            tier=tier,
        )
    )


def rows_of(connection: Connection, day: date = DAY) -> list[dict[str, Value]]:
    """Return a day's reading list."""
    table = reading_list(connection, day)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def studies_of(connection: Connection, day: date = DAY) -> list[Value]:
    """Return the studies of a day's reading list, in its order."""
    return [row["study_uid"] for row in rows_of(connection, day)]


def expected_on(connection: Connection, study: str, day: date, *, priority: int = 0) -> None:
    """Put a study on the worklist of a day."""
    connection.execute(
        insert(worklist_schema.worklist_study).values(
            day=day, study_uid=study, priority=priority, wanted=True, instances=1
        )
    )
