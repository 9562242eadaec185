"""Valid rows of every kind, made with the product's own queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, select

from triage.database import outbox, queue, receipts, results, schema
from triage.database.moves import Kind
from triage.database.receipts import Receipt
from triage.database.results import Outcome, Parcel
from triage.domain.assessment import (
    Assessment,
    Finding,
    HeatMap,
    Model,
    Placement,
    Refusal,
    RefusalCode,
    Tier,
)
from triage.domain.study import FilmState, Lease, StudyState
from triage.spool import digest_of as digest_of_bytes

STUDY = "2.25.100"
FILM = "2.25.101"
CAPTURE = "2.25.102"
PACS = "PACS@127.0.0.1:4242"
TTL = timedelta(seconds=30)
CR_STORAGE = "1.2.840.10008.5.1.4.1.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"


def digest_of(words: str) -> str:
    """Return a digest as the spool makes them."""
    return digest_of_bytes(words.encode())


def receipt(
    film: str = FILM,
    *,
    study: str = STUDY,
    contents: str = "",
    digest: str | None = None,
    modality: str | None = "CR",
) -> Receipt:
    """Make the receipt of one film; other ``contents`` give another digest."""
    return Receipt(
        sop_instance_uid=film,
        sop_class_uid=CR_STORAGE,
        study_uid=study,
        series_uid=f"{study}.1",
        modality=modality,
        transfer_syntax_uid=EXPLICIT,
        digest=digest or digest_of(film + contents),
        bytes=1024,
    )


def visit(connection: Connection, *, now: datetime, listener: str = "listener-1") -> int:
    """Open an association."""
    return receipts.open_association(
        connection, listener=listener, calling_ae_title="CR1", host="10.0.0.1", now=now
    )


def receive(connection: Connection, *films: Receipt, now: datetime) -> list[bool]:
    """Receive films in an association that is closed again; tell of each whether it was new."""
    association = visit(connection, now=now)
    new = [
        receipts.record_receipt(connection, film, association_id=association, now=now)
        for film in films
    ]
    receipts.close_association(connection, association, now=now)
    return new


def complete(connection: Connection, *, now: datetime) -> int:
    """Queue whatever was received."""
    nothing = timedelta(0)
    return queue.complete_studies(connection, now=now, quiet=nothing, longest_wait=nothing)


def queued(connection: Connection, *films: Receipt, now: datetime) -> None:
    """Receive films, one unless told, and queue their studies."""
    receive(connection, *(films or (receipt(),)), now=now)
    complete(connection, now=now)


def claim(connection: Connection, *, now: datetime, worker: str = "worker-1") -> Lease:
    """Lease the study whose turn it is."""
    lease = queue.claim(connection, worker=worker, now=now, ttl=TTL)
    assert lease is not None
    return lease


def leased(connection: Connection, *films: Receipt, now: datetime) -> Lease:
    """Receive films, one unless told, and lease their study."""
    queued(connection, *films, now=now)
    return claim(connection, now=now)


def assessment(*, probability: float = 0.9) -> Assessment:
    """Say of a film that it shows a tumour."""
    weights = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7)
    return Assessment(
        model=Model("small", "1.0", digest_of("bundle")),
        findings=(Finding("tumour", probability, 0.5, Tier.FLAGGED),),
        heat_maps=(HeatMap("tumour", weights, Placement(0.0, 0.0, 1.0, 1.0)),),
    )


def parcel(capture: str = CAPTURE, *, destination: str = PACS) -> Parcel:
    """Make a capture for one destination."""
    return Parcel(destination, capture, digest_of(capture))


def assessed(instance_id: int, *parcels: Parcel) -> Outcome:
    """Say that a film was assessed."""
    return Outcome(instance_id, FilmState.ASSESSED, assessment=assessment(), parcels=parcels)


def refused(instance_id: int, code: RefusalCode = RefusalCode.LATERAL) -> Outcome:
    """Say that a film was not assessed."""
    refusal = Refusal(code, f"a {code.value} film")
    return Outcome(instance_id, FilmState.NOT_ASSESSED, refusal=refusal)


def finished(connection: Connection, lease: Lease, *parcels: Parcel, now: datetime) -> StudyState:
    """Assess what waits in a leased study; the parcels belong to its last film.

    A late worker may find no film that waits.
    """
    films = results.waiting_films(connection, lease)
    outcomes = [assessed(film.id) for film in films[:-1]]
    outcomes += [assessed(film.id, *parcels) for film in films[-1:]]
    return results.finish(connection, lease, outcomes, now=now)


def dead(connection: Connection, *films: Receipt, now: datetime) -> Lease:
    """Receive films and fail their study until it is DEAD."""
    lease = leased(connection, *films, now=now)
    queue.fail(connection, lease, reason="ValueError at film.py:1", now=now, most_failures=1)
    return lease


def posted(connection: Connection, *parcels: Parcel, now: datetime) -> Lease:
    """Receive one film and assess it, so that its captures, one unless told, wait."""
    lease = leased(connection, now=now)
    finished(connection, lease, *(parcels or (parcel(),)), now=now)
    return lease


def corrected(connection: Connection, *, now: datetime) -> None:
    """Send the capture of a film, and let the film come again with another identity."""
    posted(connection, now=now)
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=now, ttl=TTL)
    assert delivery is not None
    outbox.mark_sent(connection, delivery, now=now, courier="courier-1", answer="0x0000")
    again = leased(connection, receipt(contents="corrected"), now=now)
    finished(connection, again, parcel("2.25.103"), now=now)


def state_of(connection: Connection, study: str = STUDY) -> str:
    """Return a study's state."""
    table = schema.study.c
    return str(connection.execute(select(table.state).where(table.study_uid == study)).scalar_one())


def film_states(connection: Connection) -> list[str]:
    """Return the state of every film, in the order in which they came."""
    return list(connection.scalars(select(schema.instance.c.state).order_by(schema.instance.c.id)))


def delivery_states(connection: Connection) -> list[str]:
    """Return the state of every delivery, in the order in which they were posted."""
    return list(connection.scalars(select(schema.delivery.c.state).order_by(schema.delivery.c.id)))


def moves_of(connection: Connection, kind: Kind) -> Sequence[tuple[str, str]]:
    """Return every move of studies, films or deliveries, in the order in which they happened."""
    table = schema.event.c
    rows = connection.execute(
        select(table.from_state, table.to_state).where(table.kind == kind).order_by(table.id)
    )
    return [(row.from_state, row.to_state) for row in rows]
