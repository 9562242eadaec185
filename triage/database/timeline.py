"""What is where, and one study's whole story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, or_, select

from triage.database import schema
from triage.database.correction import TO_REMOVE
from triage.database.operator import UnknownStudy
from triage.database.outbox import let_go
from triage.domain.study import DeliveryState, FilmState, StudyState

Row = Mapping[str, object]
TROUBLED = (StudyState.DEAD,)
MOST_TROUBLES = 50
DAY, WEEK = timedelta(days=1), timedelta(days=7)
"""Up to now, not from midnight: a night shift is one."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts by state or by code, and what a person should look at."""

    studies: Mapping[str, int]
    films: Mapping[str, int]
    refusals: Mapping[str, int]
    refusals_in_7_days: Mapping[str, int]
    refusals_in_24_h: Mapping[str, int]
    deliveries: Mapping[str, int]
    turned_away: int
    troubles: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Story:
    """One study: its row, its films with their findings, its deliveries and its events.

    ``to_remove``: results whose film came again with another identity, into this study or from it.
    """

    study: Row
    films: Sequence[Row]
    findings: Mapping[int, Sequence[Row]]
    deliveries: Sequence[Row]
    to_remove: Sequence[Row]
    events: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Turnround:
    """When a study's last film came, and when its last result was answered by the PACS."""

    study_uid: str
    state: str
    last_received_at: datetime
    finished_at: datetime | None
    delivered_at: datetime | None


def overview(connection: Connection, *, now: datetime) -> Overview:
    """Count studies, films, refusals and deliveries by state."""
    film, delivery, door = schema.instance.c, schema.delivery.c, schema.door_event.c
    recent = select(func.sum(door.times)).where(door.at > now - DAY)
    refused = select(film.code, func.count()).where(film.code.is_not(None))
    return Overview(
        studies=_counts(connection, select(schema.study.c.state, func.count())),
        films=_counts(connection, select(film.state, func.count())),
        refusals=_counts(connection, refused),
        refusals_in_7_days=_counts(connection, refused.where(film.state_since > now - WEEK)),
        refusals_in_24_h=_counts(connection, refused.where(film.state_since > now - DAY)),
        deliveries=_counts(connection, select(delivery.state, func.count())),
        turned_away=int(connection.scalar(recent) or 0),
        troubles=_troubles(connection),
    )


def story(connection: Connection, study_uid: str) -> Story:
    """Tell everything that is known of a study.

    Raises:
        UnknownStudy: there is no such study.
    """
    study = schema.study.c
    found = _rows(connection, select(schema.study).where(study.study_uid == study_uid))
    if not found:
        raise UnknownStudy(f"no study {study_uid} is here")
    study_id = int(str(found[0]["id"]))
    return Story(
        study=found[0],
        films=_films(connection, study_id),
        findings=_findings(connection, study_id),
        deliveries=_rows(
            connection,
            select(schema.delivery)
            .where(schema.delivery.c.study_id == study_id)
            .order_by(schema.delivery.c.id),
        ),
        to_remove=_to_remove(connection, study_uid),
        events=_rows(
            connection,
            select(schema.event)
            .where(schema.event.c.study_id == study_id)
            .order_by(schema.event.c.id),
        ),
    )


def turnrounds(connection: Connection) -> list[Turnround]:
    """Return, for every study, when it was complete here and in the PACS."""
    study, delivery = schema.study.c, schema.delivery.c
    terminal = (StudyState.DONE, StudyState.NOT_ASSESSED, StudyState.DEAD)
    sent = select(func.max(delivery.sent_at)).where(delivery.study_id == study.id).scalar_subquery()
    rows = connection.execute(
        select(
            study.study_uid, study.state, study.last_received_at, study.state_since, sent
        ).order_by(study.id)
    )
    return [
        Turnround(uid, state, received, since if state in terminal else None, sent_at)
        for uid, state, received, since, sent_at in rows
    ]


def _films(connection: Connection, study_id: int) -> Sequence[Row]:
    film, said, visit = schema.instance.c, schema.assessment.c, schema.association.c
    return _rows(
        connection,
        select(
            film.id,
            film.sop_instance_uid,
            film.sop_class_uid,
            film.modality,
            film.transfer_syntax_uid,
            film.digest,
            film.bytes,
            film.received_at,
            visit.calling_ae_title,
            visit.host,
            film.state,
            film.code,
            film.sentence,
            film.view,
            film.notes,
            film.swept_at,
            said.bundle_name,
            said.bundle_version,
            said.bundle_digest,
            said.assessed_at,
            said.decode_s,
            said.infer_s,
            said.compose_s,
        )
        .join(schema.association, visit.id == film.association_id)
        .outerjoin(schema.assessment, said.instance_id == film.id)
        .where(film.study_id == study_id)
        .order_by(film.id),
    )


def _findings(connection: Connection, study_id: int) -> Mapping[int, Sequence[Row]]:
    found, said, film = schema.finding.c, schema.assessment.c, schema.instance.c
    rows = connection.execute(
        select(said.instance_id, found.label, found.probability, found.threshold, found.tier)
        .join(schema.assessment, said.id == found.assessment_id)
        .join(schema.instance, film.id == said.instance_id)
        .where(film.study_id == study_id)
        .order_by(said.instance_id, found.label)
    )
    findings: dict[int, list[Row]] = {}
    for instance_id, label, probability, threshold, tier in rows:
        entry = {"label": label, "probability": probability, "threshold": threshold, "tier": tier}
        findings.setdefault(instance_id, []).append(entry)
    return findings


def _to_remove(connection: Connection, study_uid: str) -> Sequence[Row]:
    old = TO_REMOVE.c
    mine = or_(old.study_uid == study_uid, old.new_study_uid == study_uid)
    order = (old.superseded_at, old.sop_instance_uid, old.destination)
    return _rows(connection, select(TO_REMOVE).where(mine).order_by(*order))


def _troubles(connection: Connection) -> Sequence[Row]:
    """DEAD studies, parked deliveries and quarantined films, the newest first: for a person."""
    study, delivery, event = schema.study.c, schema.delivery.c, schema.event.c
    latest = (
        select(event.reason)
        .where(event.study_id == study.id, event.to_state == StudyState.DEAD)
        .order_by(event.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    dead = select(study.study_uid, study.state, study.state_since, latest.label("reason")).where(
        study.state.in_(TROUBLED)
    )
    parked = (
        select(study.study_uid, delivery.state, delivery.state_since, delivery.reason)
        .join(schema.delivery, delivery.study_id == study.id)
        .where(delivery.state == DeliveryState.PARKED, ~let_go())
    )
    film = schema.instance.c
    quarantined = (
        select(study.study_uid, film.state, film.state_since, film.sentence.label("reason"))
        .join(schema.instance, film.study_id == study.id)
        .where(film.state == FilmState.QUARANTINED)
    )
    found = [row for query in (dead, parked, quarantined) for row in _rows(connection, query)]
    return sorted(found, key=lambda row: str(row["state_since"]), reverse=True)[:MOST_TROUBLES]


def _counts(connection: Connection, query: Select[str | None, int]) -> Mapping[str, int]:
    by = query.selected_columns[0]
    return {str(name): count for name, count in connection.execute(query.group_by(by).order_by(by))}


def _rows(connection: Connection, query: Select[*tuple[object, ...]]) -> Sequence[Row]:
    result = connection.execute(query)
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]
