"""The courier process: takes deliveries from the outbox to the PACS, and proves them."""

import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog

from triage.daemon.breaker import Breaker
from triage.daemon.child import Ready
from triage.daemon.delivering import Courier
from triage.daemon.lateness import Lateness
from triage.daemon.prover import Prover, Wish
from triage.daemon.reports import Reports
from triage.database.engine import DatabaseError, Engine, open_engine, refuse_damaged
from triage.domain.study import Peer
from triage.send.destination import Destination
from triage.send.message import Message
from triage.settings import Pacs, Settings
from triage.settings.tls import handshake_of
from triage.spool import Spool

IDLE_S = 0.25
DATABASE_AWAY_S = 2.0
PATIENCE = 4
IN_A_ROW = 50
"""So many deliveries at most go before proofs are looked for."""

logger = structlog.get_logger(__name__)


class Round:
    """A courier's round to one destination, in a thread of its own.

    Args:
        engine: the outbox.
        settings: of the whole daemon.
        peer: the destination.
        alone: whether it is the only one, which then gets what was addressed to earlier ones too.
    """

    def __init__(self, engine: Engine, settings: Settings, peer: Peer, *, alone: bool) -> None:
        pacs = settings.pacs
        chance = random.SystemRandom().random
        breaker, wish = Breaker(chance=chance), wish_of(pacs)
        results = Spool(settings.data.folder / "results")
        name = f"courier@{socket.gethostname()}:{settings.data.folder}"
        name, destination = (name, None) if alone else (f"{name} to {peer}", str(peer))
        self._carrier = Destination(
            peer,
            calling_ae_title=settings.listener.ae_title,
            timeout_s=pacs.timeout_s,
            on_report=partial(take_report, Reports(engine), peer),
            tls=handshake_of(settings, peer),
        )
        self._courier = Courier(
            engine,
            results,
            name=name,
            carrier=self._carrier,
            ttl=timedelta(seconds=PATIENCE * pacs.timeout_s),
            wish=wish,
            breaker=breaker,
            chance=chance,
            destination=destination,
        )
        self._prover = Prover(
            engine,
            results,
            carrier=self._carrier,
            name=name,
            wish=wish,
            breaker=breaker,
            destination=destination,
        )

    def take_over(self) -> None:
        """Free what the dead predecessor had claimed."""
        self._courier.take_over()

    def go(self, stop: threading.Event) -> None:
        """Deliver and prove until told to stop; the delivery under way is finished first.

        Raises:
            DamagedDatabase: nothing can be delivered from it.
        """
        while not stop.is_set():
            try:
                if not work(self._courier, self._prover, stop=stop):
                    self._carrier.attend()
                    stop.wait(IDLE_S)
            except DatabaseError as error:
                refuse_damaged(error)
                logger.error("the database is away", reason=type(error.orig).__name__)
                stop.wait(DATABASE_AWAY_S)
        self._carrier.close()


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Deliver until told to stop; no destination waits for another."""
    engine = open_engine(settings.database_url)
    peers = settings.pacs.peers
    rounds = [Round(engine, settings, peer, alone=len(peers) == 1) for peer in peers]
    for each in rounds:
        each.take_over()
    lateness = Lateness(engine, settings.pacs)
    halt = threading.Event()
    with ThreadPoolExecutor(len(rounds), thread_name_prefix="round") as pool:
        going = [pool.submit(each.go, halt) for each in rounds]
        ready({})
        while not stop.wait(IDLE_S) and not any(future.done() for future in going):
            lateness.look()
        halt.set()
    engine.dispose()
    for future in going:
        future.result()  # an unexpected error ends the process, which is started again


def take_report(reports: Reports, peer: Peer, report: Message, transfer_syntax_uid: str) -> int:
    """Take a report that came in our own association with a peer; return the status."""
    return reports.take(
        report.data_set,
        transfer_syntax_uid=transfer_syntax_uid,
        event_type=report.event_type,
        ae_title=peer.ae_title,
    )


def work(courier: Courier, prover: Prover, *, stop: threading.Event) -> bool:
    """Deliver for a while, then look for proofs; ``False`` where there was nothing to do."""
    delivered = 0
    while delivered < IN_A_ROW and not stop.is_set() and courier.deliver_one():
        delivered += 1
    return prover.prove_some() or delivered > 0


def wish_of(pacs: Pacs) -> Wish:
    """Return which proofs the settings ask for."""
    return Wish(
        commitment=pacs.proof in {"auto", "commitment"},
        query=pacs.proof in {"auto", "query"},
        within=timedelta(seconds=pacs.proof_within_s),
    )
