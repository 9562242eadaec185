"""What the listener writes: associations, and an instance row for every film on disk."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from triage.database import schema
from triage.database.insertion import insert_new
from triage.database.moves import NEW, By, Kind, change, new_id, record
from triage.domain.study import FilmState, StudyState

ACTOR = "listener"
_LATE_FROM = (
    StudyState.ASSESSED,
    StudyState.DONE,
    StudyState.NOT_ASSESSED,
    StudyState.DEAD,
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of a stored SOP instance when it is answered; no patient attribute."""

    sop_instance_uid: str
    sop_class_uid: str
    study_uid: str
    series_uid: str | None
    modality: str | None
    transfer_syntax_uid: str
    digest: str
    bytes: int


def open_association(
    connection: Connection, *, listener: str, calling_ae_title: str, host: str, now: datetime
) -> int:
    """Note that a peer has begun to store; its studies are incomplete until it is closed."""
    row = connection.execute(
        insert(schema.association).values(
            listener=listener, calling_ae_title=calling_ae_title, host=host, opened_at=now
        )
    )
    return new_id(row)


def close_association(connection: Connection, association_id: int, *, now: datetime) -> None:
    """Note that an association was released, aborted or lost."""
    connection.execute(
        update(schema.association)
        .where(schema.association.c.id == association_id)
        .values(closed_at=now)
    )


def close_abandoned(connection: Connection, *, listener: str, now: datetime) -> int:
    """Close what an earlier process of this listener left open, and return how many."""
    open_ones = schema.association.c.closed_at.is_(None)
    result = connection.execute(
        update(schema.association)
        .where(schema.association.c.listener == listener, open_ones)
        .values(closed_at=now)
    )
    return result.rowcount


def record_refusal(
    connection: Connection,
    *,
    listener: str,
    calling_ae_title: str,
    host: str,
    status: int | None,
    sentence: str,
    now: datetime,
) -> None:
    """Note that an instance, or without a status an association, was turned away."""
    connection.execute(
        insert(schema.door_event).values(
            at=now,
            listener=listener,
            calling_ae_title=calling_ae_title,
            host=host,
            status=status,
            sentence=sentence,
        )
    )


def record_receipt(
    connection: Connection, receipt: Receipt, *, association_id: int, now: datetime
) -> bool:
    """Write the instance row and queue its study, in the caller's transaction.

    Returns:
        ``False`` where the same SOP instance with the same digest is here already; then
        nothing but its sweeping mark is changed.
    """
    study_id = _study_of(connection, receipt.study_uid, now=now)
    values = {
        "study_id": study_id,
        "association_id": association_id,
        "sop_instance_uid": receipt.sop_instance_uid,
        "sop_class_uid": receipt.sop_class_uid,
        "series_uid": receipt.series_uid,
        "modality": receipt.modality,
        "transfer_syntax_uid": receipt.transfer_syntax_uid,
        "digest": receipt.digest,
        "bytes": receipt.bytes,
        "received_at": now,
        "state": FilmState.WAITING,
        "state_since": now,
    }
    instance_id = insert_new(connection, schema.instance, values)
    if instance_id is None:
        _keep_again(connection, receipt)
        return False
    move = (NEW, FilmState.WAITING)
    record(connection, Kind.FILM, instance_id, study_id=study_id, move=move, by=By(ACTOR, now))
    _wake(connection, study_id, now=now)
    return True


def _study_of(connection: Connection, study_uid: str, *, now: datetime) -> int:
    """Return the study's row, locked; a new study is RECEIVING."""
    known = select(schema.study.c.id).where(schema.study.c.study_uid == study_uid)
    study_id = connection.scalar(known.with_for_update())
    if study_id is not None:
        return int(study_id)
    values = {
        "study_uid": study_uid,
        "state": StudyState.RECEIVING,
        "state_since": now,
        "first_received_at": now,
        "last_received_at": now,
        "next_attempt_at": now,
    }
    made = insert_new(connection, schema.study, values)
    if made is None:  # another listener was faster
        return int(connection.execute(known.with_for_update()).scalar_one())
    move = (NEW, StudyState.RECEIVING)
    record(connection, Kind.STUDY, made, study_id=made, move=move, by=By(ACTOR, now))
    return made


def _keep_again(connection: Connection, receipt: Receipt) -> None:
    """The file is on disk once more, so it is to be swept once more."""
    connection.execute(
        update(schema.instance)
        .where(schema.instance.c.digest == receipt.digest)
        .values(swept_at=None)
    )


def _wake(connection: Connection, study_id: int, *, now: datetime) -> None:
    """Note the new film; a study that was finished is queued again for it alone."""
    row = connection.execute(
        update(schema.study)
        .where(schema.study.c.id == study_id)
        .values(last_received_at=now)
        .returning(schema.study.c.state)
    ).one()
    if row.state in _LATE_FROM:
        change(
            connection,
            Kind.STUDY,
            study_id,
            move=(row.state, StudyState.QUEUED),
            by=By(ACTOR, now),
            reason="late film",
            next_attempt_at=now,
            failures=0,
            deaths=0,
        )
