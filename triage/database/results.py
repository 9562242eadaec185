"""What a worker reads and writes of a leased study, in one transaction with the queue."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, exists, insert, select

from triage.database import queue, schema
from triage.database.correction import supersede, take_up
from triage.database.identities import note_accession
from triage.database.insertion import insert_new
from triage.database.moves import NEW, By, Kind, change, new_id, record
from triage.database.outbox import finish_study
from triage.domain.assessment import Assessment, Refusal, Tier
from triage.domain.hidden import Hidden
from triage.domain.origin import UNTOLD, Origin
from triage.domain.study import DeliveryState, FilmState, Instance, Lease, StudyState


@dataclass(frozen=True, slots=True)
class Parcel:
    """A capture for one destination; without a digest it is parked for the reason given.

    ``in_doubt``: it may be there already, so it is looked up before it is sent.
    """

    destination: str
    sop_instance_uid: str | None
    digest: str | None
    parked: str | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that each stage took for one film, 0 where it was not entered.

    Args:
        decode_s: from the file to a film.
        screen_s: what the pixels show.
        infer_s: the network, with the wait for it.
        overlay_s: the picture.
        encode_s: the object for the PACS.
        keep_s: until that is durable.
    """

    decode_s: float = 0.0
    screen_s: float = 0.0
    infer_s: float = 0.0
    overlay_s: float = 0.0
    encode_s: float = 0.0
    keep_s: float = 0.0


NO_NUMBER = Hidden("")
"""The accession number of a film that has none, or whose header was not read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One film's end: an assessment with its parcels, or a refusal.

    ``corrects``: the film came before with another patient, study or accession number.
    """

    instance_id: int
    state: FilmState
    refusal: Refusal | None = None
    assessment: Assessment | None = None
    view: str | None = None
    notes: tuple[str, ...] = ()
    origin: Origin = UNTOLD
    accession: Hidden = NO_NUMBER
    parcels: tuple[Parcel, ...] = ()
    not_returned: str | None = None
    corrects: bool = False
    timing: Timing = Timing()

    @property
    def replaces(self) -> bool:
        """Whether what was returned of this film before has had its day."""
        return self.corrects or any(parcel.sop_instance_uid for parcel in self.parcels)


def waiting_films(connection: Connection, lease: Lease) -> list[Instance]:
    """Return the study's films without an end, in the order in which they came."""
    table = schema.instance.c
    rows = connection.execute(
        _columns()
        .where(table.study_id == lease.study_id, table.state == FilmState.WAITING)
        .order_by(table.id)
    )
    return [Instance(*row) for row in rows]


def receipts_of(connection: Connection, sop_instance_uid: str) -> list[Instance]:
    """Return what came under this SOP Instance UID, in its order; not what was quarantined."""
    table = schema.instance.c
    rows = connection.execute(
        _columns()
        .where(table.sop_instance_uid == sop_instance_uid, table.state != FilmState.QUARANTINED)
        .order_by(table.id)
    )
    return [Instance(*row) for row in rows]


def is_own_result(connection: Connection, sop_instance_uid: str) -> bool:
    """Tell whether the instance is a capture from the outbox that came back."""
    found = exists().where(schema.delivery.c.sop_instance_uid == sop_instance_uid)
    return bool(connection.scalar(select(found)))


def finish(
    connection: Connection, lease: Lease, outcomes: Sequence[Outcome], *, now: datetime
) -> StudyState:
    """Write every film's end, its parcels, and the study's next state, in one transaction.

    A parcel that is in the outbox already, with the same SOP Instance UID for the same
    destination, is not posted again, unless it was superseded meanwhile.

    A film that came in the meantime sends the study back to the queue. Without deliveries
    the study is DONE at once.

    Raises:
        LeaseLost: nothing may be written, the caller rolls back.
    """
    queue.hold(connection, lease)
    for outcome in outcomes:
        store(connection, outcome, study_id=lease.study_id, by=By(lease.worker, now))
    state = _next_state(connection, lease.study_id)
    queue.leave(connection, lease, to_state=state, now=now, next_attempt_at=now)
    if state is StudyState.ASSESSED:
        return finish_study(connection, lease.study_id, by=By(lease.worker, now))
    return state


def _columns() -> Select[int, str, str, str, datetime]:
    table = schema.instance.c
    return select(
        table.id, table.sop_instance_uid, table.sop_class_uid, table.digest, table.received_at
    )


def store(connection: Connection, outcome: Outcome, *, study_id: int, by: By) -> None:
    """Write one film's end and its parcels; the study is locked already.

    Raises:
        MoveRefused: the film has its end.
    """
    refusal = outcome.refusal
    change(
        connection,
        Kind.FILM,
        outcome.instance_id,
        move=(FilmState.WAITING, outcome.state),
        by=by,
        reason=outcome.not_returned if refusal is None else refusal.sentence,
        code=None if refusal is None else refusal.code,
        sentence=None if refusal is None else refusal.sentence,
        view=outcome.view,
        notes="; ".join(outcome.notes) or None,
        device=outcome.origin.device,
        sex=outcome.origin.sex,
        age_band=outcome.origin.age_band,
    )
    note_accession(connection, study_id, outcome.accession)
    if outcome.assessment is not None:
        _store_assessment(connection, outcome, outcome.assessment, now=by.at)
    for parcel in outcome.parcels:
        _post(connection, study_id, outcome, parcel, by=by)
    if outcome.replaces:
        supersede(connection, outcome.instance_id, now=by.at)


def _store_assessment(
    connection: Connection, outcome: Outcome, assessment: Assessment, *, now: datetime
) -> None:
    timing = outcome.timing
    row = connection.execute(
        insert(schema.assessment).values(
            instance_id=outcome.instance_id,
            bundle_name=assessment.model.name,
            bundle_version=assessment.model.version,
            bundle_digest=assessment.model.digest,
            assessed_at=now,
            decode_s=timing.decode_s + timing.screen_s,
            infer_s=timing.infer_s,
            compose_s=timing.overlay_s + timing.encode_s + timing.keep_s,
        )
    )
    assessment_id = new_id(row)
    connection.execute(insert(schema.finding), [*_finding_rows(assessment_id, assessment)])
    if maps := [*_map_rows(assessment_id, assessment)]:
        connection.execute(insert(schema.heat_map), maps)


def _finding_rows(assessment_id: int, assessment: Assessment) -> Iterator[dict[str, object]]:
    for finding in assessment.findings:
        yield {
            "assessment_id": assessment_id,
            "label": finding.label,
            "probability": finding.probability,
            "threshold": finding.threshold,
            "tier": finding.tier,
        }


def _map_rows(assessment_id: int, assessment: Assessment) -> Iterator[dict[str, object]]:
    for heat in assessment.heat_maps:
        yield {
            "assessment_id": assessment_id,
            "label": heat.label,
            "rows": heat.weights.shape[0],
            "columns": heat.weights.shape[1],
            "weights": heat.weights.astype("<f4").tobytes(),
            "placement": json.dumps(astuple(heat.placement)),
        }


def _post(
    connection: Connection, study_id: int, outcome: Outcome, parcel: Parcel, *, by: By
) -> None:
    state = DeliveryState.WAITING if parcel.parked is None else DeliveryState.PARKED
    values = {
        "study_id": study_id,
        "instance_id": outcome.instance_id,
        "destination": parcel.destination,
        "sop_instance_uid": parcel.sop_instance_uid,
        "digest": parcel.digest,
        "state": state,
        "state_since": by.at,
        "next_attempt_at": by.at,
        "reason": parcel.parked,
        "priority": _priority(connection, study_id, outcome),
        "in_doubt": parcel.in_doubt,
    }
    delivery_id = insert_new(connection, schema.delivery, values)
    if delivery_id is None:
        take_up(connection, values, by=by)
        return
    record(
        connection,
        Kind.DELIVERY,
        delivery_id,
        study_id=study_id,
        move=(NEW, state),
        by=by,
        reason=parcel.parked,
    )


def _priority(connection: Connection, study_id: int, outcome: Outcome) -> int:
    """Return the study's priority, and one more for an urgent finding."""
    table = schema.study.c
    asked = select(table.priority).where(table.id == study_id)
    findings = () if outcome.assessment is None else outcome.assessment.findings
    urgent = any(finding.tier is Tier.URGENT for finding in findings)
    return int(connection.execute(asked).scalar_one()) + urgent


def _next_state(connection: Connection, study_id: int) -> StudyState:
    states = connection.scalars(
        select(schema.instance.c.state).where(schema.instance.c.study_id == study_id).distinct()
    ).all()
    if FilmState.WAITING in states:
        return StudyState.QUEUED
    return StudyState.ASSESSED if FilmState.ASSESSED in states else StudyState.NOT_ASSESSED
