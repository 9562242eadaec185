"""A courier with its prover and a real destination, on a database, with one step at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.studies import EXPLICIT, posted
from triage.daemon.breaker import LONGEST_AWAY, Breaker
from triage.daemon.courier import work
from triage.daemon.delivering import Courier
from triage.daemon.prover import Carrier, Clock, Prover, Wish
from triage.daemon.reports import Reports
from triage.database import schema
from triage.database.engine import database_time
from triage.database.results import Parcel
from triage.domain.study import Peer
from triage.receive.arrival import part10_header
from triage.send.destination import Destination
from triage.send.message import Message
from triage.spool import Spool


def object_of(sop_instance_uid: str) -> bytes:
    """Encode a small object as it lies in the results folder."""
    header = part10_header(
        sop_class_uid=CR, sop_instance_uid=sop_instance_uid, transfer_syntax_uid=EXPLICIT
    )
    return header + encoded(film_dataset(SOPInstanceUID=sop_instance_uid))


def post(
    engine: Engine, results: Spool, *captures: str, peer: Peer, now: datetime | None = None
) -> None:
    """Put captures into the outbox, their objects into the results folder."""
    parcels = [Parcel(str(peer), uid, results.write([object_of(uid)])) for uid in captures]
    with engine.begin() as connection:
        posted(connection, *parcels, now=now or database_time(connection))


def destination(engine: Engine, peer: Peer, *, timeout_s: float = 5.0) -> Destination:
    """Make a destination whose reports are written down."""
    reports = Reports(engine)

    def take(report: Message, transfer_syntax_uid: str) -> int:
        return reports.take(
            report.data_set,
            transfer_syntax_uid=transfer_syntax_uid,
            event_type=report.event_type,
            ae_title=peer.ae_title,
        )

    return Destination(peer, calling_ae_title="TRIAGE", timeout_s=timeout_s, on_report=take)


@dataclass
class Hired:
    """A courier that works when it is told to."""

    engine: Engine
    courier: Courier
    prover: Prover
    carrier: Carrier

    def work(self) -> bool:
        """Do what is due now; tell whether there was anything."""
        done = work(self.courier, self.prover, stop=threading.Event())
        self.carrier.attend()
        return done

    def ends(self) -> list[tuple[str, str | None]]:
        """Return state and reason of each delivery."""
        table = schema.delivery.c
        with self.engine.begin() as connection:
            rows = connection.execute(select(table.state, table.reason).order_by(table.id))
            return [(row.state, row.reason) for row in rows]

    def states(self) -> Sequence[str]:
        return [state for state, _ in self.ends()]


def hired(
    engine: Engine,
    folder: Path,
    carrier: Carrier,
    *,
    wish: Wish | None = None,
    clock: Clock = database_time,
    ttl: timedelta = timedelta(minutes=2),
    longest: timedelta = LONGEST_AWAY,
    only: Peer | None = None,
) -> Hired:
    """Hire a courier whose pauses hold no chance, for one destination or for all."""
    breaker = Breaker(chance=lambda: 0.0, longest=longest)
    whose = None if only is None else str(only)
    wish = wish or Wish()
    courier = Courier(
        engine,
        Spool(folder),
        name="courier-1",
        carrier=carrier,
        ttl=ttl,
        wish=wish,
        breaker=breaker,
        chance=lambda: 0.0,
        clock=clock,
        destination=whose,
    )
    prover = Prover(
        engine,
        Spool(folder),
        carrier=carrier,
        name="courier-1",
        wish=wish,
        breaker=breaker,
        clock=clock,
        destination=whose,
    )
    return Hired(engine, courier, prover, carrier)
