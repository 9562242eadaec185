"""What the listener writes: associations, and an instance row for every film on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from triage.database import schema
from triage.database.moves import By, Kind, change
from triage.database.statement import run
from triage.database.utc_time import UtcTime
from triage.domain.study import StudyState

ACTOR = "listener"
_LATE_FROM = (
    StudyState.ASSESSED,
    StudyState.DONE,
    StudyState.NOT_ASSESSED,
    StudyState.DEAD,
)

OPEN = """
INSERT INTO association (listener, calling_ae_title, host, opened_at)
VALUES {(?, ?, ?, ?)} RETURNING id, calling_ae_title, host
"""
CLOSE = "UPDATE association SET closed_at = ? WHERE id IN ({?})"
KNOWN = """
SELECT 'study', study_uid, '' FROM study WHERE study_uid IN ({?})
UNION ALL
SELECT 'film', sop_instance_uid, digest FROM instance WHERE digest IN ({?})
"""
NEW_STUDIES = """
INSERT INTO study
(study_uid, state, state_since, first_received_at, last_received_at, next_attempt_at, priority)
VALUES {(?, 'RECEIVING', ?, ?, ?, ?,
    COALESCE((SELECT MAX(priority) FROM worklist_study WHERE study_uid = ?), 0))}
ON CONFLICT (study_uid) DO NOTHING RETURNING id, study_uid
"""
KNOWN_STUDIES = """
UPDATE study SET last_received_at = ?
WHERE id IN (SELECT id FROM study WHERE study_uid IN ({?}) ORDER BY study_uid FOR UPDATE)
RETURNING id, study_uid, state
"""
NEW_FILMS = """
INSERT INTO instance
(study_id, association_id, sop_instance_uid, sop_class_uid, series_uid, modality,
 transfer_syntax_uid, digest, bytes, received_at, state, state_since)
VALUES {(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'WAITING', ?)}
ON CONFLICT (sop_instance_uid, digest) DO NOTHING
RETURNING id, study_id, sop_instance_uid, digest
"""
EVENTS = """
INSERT INTO event (at, study_id, kind, subject_id, from_state, to_state, actor, duration_s)
VALUES {(?, ?, ?, ?, 'NEW', ?, ?, 0.0)}
"""
KEEP_AGAIN = "UPDATE instance SET swept_at = NULL WHERE digest IN ({?})"

Film = tuple[str, str]
"""SOP Instance UID and digest: what makes two receipts the same."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who opened an association: its calling AE title, and the address it came from."""

    ae_title: str
    host: str


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

    @property
    def film(self) -> Film:
        """What makes this receipt the same as another."""
        return self.sop_instance_uid, self.digest


Entry = tuple[Receipt, int]
"""A receipt, and the association that brought it."""


def open_associations(
    connection: Connection, callers: Sequence[Caller], *, listener: str, now: datetime
) -> list[int]:
    """Note peers that have begun to store; their studies are incomplete until they are closed."""
    if not callers:
        return []
    at = stored(connection, now)
    rows = [(listener, caller.ae_title, caller.host, at) for caller in callers]
    found: dict[Caller, list[int]] = {}
    # Nothing says in which order the rows come back; those of one caller are all alike.
    for number, ae_title, host in run(connection, OPEN, _flat(rows), times=len(rows)):
        found.setdefault(Caller(ae_title, host), []).append(int(number))
    return [found[caller].pop() for caller in callers]


def open_association(
    connection: Connection, *, listener: str, calling_ae_title: str, host: str, now: datetime
) -> int:
    """Note that a peer has begun to store; its studies are incomplete until it is closed."""
    caller = Caller(calling_ae_title, host)
    return open_associations(connection, [caller], listener=listener, now=now)[0]


def close_associations(
    connection: Connection, association_ids: Sequence[int], *, now: datetime
) -> None:
    """Note that associations were released, aborted or lost."""
    values = [stored(connection, now), *association_ids]
    run(connection, CLOSE, values, times=len(association_ids))


def close_association(connection: Connection, association_id: int, *, now: datetime) -> None:
    """Note that an association was released, aborted or lost."""
    close_associations(connection, [association_id], now=now)


def close_abandoned(connection: Connection, *, listener: str, now: datetime) -> int:
    """Close what an earlier process of this listener left open, and return how many."""
    open_ones = schema.association.c.closed_at.is_(None)
    result = connection.execute(
        update(schema.association)
        .where(schema.association.c.listener == listener, open_ones)
        .values(closed_at=now)
    )
    return result.rowcount


def record_receipt(
    connection: Connection, receipt: Receipt, *, association_id: int, now: datetime
) -> bool:
    """Write one receipt, as ``record_receipts`` does."""
    return record_receipts(connection, [(receipt, association_id)], now=now)[0]


def record_receipts(
    connection: Connection, entries: Sequence[Entry], *, now: datetime, actor: str = ACTOR
) -> list[bool]:
    """Write the instance rows and queue their studies, in the caller's transaction.

    The events bear the name of ``actor``.

    Studies are locked before everything that belongs to them: first those that are made, then
    those that were there, both in the order of their UIDs. So no two listeners deadlock.

    Returns:
        For each receipt, ``False`` where the same SOP instance with the same digest is here
        already; then nothing but its sweeping mark is changed.
    """
    if not entries:
        return []
    films, studies = _known(connection, entries)
    # Of two alike in one transaction, the first is the new one.
    unknown = {entry[0].film: entry for entry in reversed(entries) if entry[0].film not in films}
    by = By(actor, now)
    new = _receive(connection, list(unknown.values()), studies, by=by) if unknown else set()
    told = []
    for receipt, _ in entries:
        told.append(receipt.film in new)
        new.discard(receipt.film)
    again = [entry[0].digest for entry, is_new in zip(entries, told, strict=True) if not is_new]
    if again:  # the file is on disk once more, so it is to be swept once more
        run(connection, KEEP_AGAIN, again, times=len(again))
    return told


def _known(connection: Connection, entries: Sequence[Entry]) -> tuple[set[Film], set[str]]:
    """Return what is here already of these films and of their studies."""
    studies = [receipt.study_uid for receipt, _ in entries]
    digests = [receipt.digest for receipt, _ in entries]
    rows = run(connection, KNOWN, studies + digests, times=len(entries))
    films = {(uid, digest) for kind, uid, digest in rows if kind == "film"}
    return films, {uid for kind, uid, _ in rows if kind == "study"}


def _receive(
    connection: Connection, entries: Sequence[Entry], known: set[str], *, by: By
) -> set[Film]:
    """Write what was not here when the transaction began; return what still was not."""
    at = stored(connection, by.at)
    wanted = {receipt.study_uid for receipt, _ in entries}
    made = _make_studies(connection, sorted(wanted - known), at)
    states: dict[int, str] = {}
    studies = dict(made)
    # Also those that another listener has made meanwhile.
    if there := sorted(wanted - made.keys()):
        for study_id, uid, state in run(connection, KNOWN_STUDIES, [at, *there], times=len(there)):
            studies[uid], states[study_id] = study_id, state
    rows = [_film_row(*entry, studies[entry[0].study_uid], at) for entry in entries]
    films = run(connection, NEW_FILMS, _flat(rows), times=len(rows))
    events = [(at, one, "study", one, "RECEIVING", by.actor) for one in made.values()]
    events += [(at, one, "film", film, "WAITING", by.actor) for film, one, *_ in films]
    if events:
        run(connection, EVENTS, _flat(events), times=len(events))
    woken = {study_id for _, study_id, *_ in films if states.get(study_id) in _LATE_FROM}
    for study_id in sorted(woken):
        _wake(connection, study_id, states[study_id], by=by)
    return {(uid, digest) for *_, uid, digest in films}


def _make_studies(connection: Connection, uids: Sequence[str], at: object) -> dict[str, int]:
    """Make those studies that nobody else has made meanwhile; each is RECEIVING.

    One that a worklist names already is as urgent as its request.
    """
    if not uids:
        return {}
    values = _flat([(uid, at, at, at, at, uid) for uid in uids])
    return {uid: key for key, uid in run(connection, NEW_STUDIES, values, times=len(uids))}


def _film_row(
    receipt: Receipt, association_id: int, study_id: int, at: object
) -> tuple[object, ...]:
    return (
        study_id,
        association_id,
        receipt.sop_instance_uid,
        receipt.sop_class_uid,
        receipt.series_uid,
        receipt.modality,
        receipt.transfer_syntax_uid,
        receipt.digest,
        receipt.bytes,
        at,
        at,
    )


def _wake(connection: Connection, study_id: int, state: str, *, by: By) -> None:
    """Queue a study again that was finished, for its new film alone."""
    change(
        connection,
        Kind.STUDY,
        study_id,
        move=(state, StudyState.QUEUED),
        by=by,
        reason="late film",
        next_attempt_at=by.at,
        failures=0,
        deaths=0,
    )


def _flat(rows: Iterable[tuple[object, ...]]) -> list[object]:
    return [value for row in rows for value in row]


def stored(connection: Connection, moment: datetime) -> object:
    """Return a time as the driver takes it: an expression would do that by itself."""
    convert = UtcTime().bind_processor(connection.dialect)
    return convert(moment) if convert else moment
