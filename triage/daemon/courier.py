"""The courier process: takes deliveries from the outbox to the PACS, and proves them."""

import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog

from triage.daemon.breaker import Breaker, Chance, back_off
from triage.daemon.child import Ready
from triage.daemon.prover import FOUND, Carrier, Clock, Prover, Wish
from triage.daemon.reports import Reports
from triage.database import outbox, proof
from triage.database.engine import DatabaseError, Engine, database_time, open_engine
from triage.database.moves import By, MoveRefused
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Delivery, Peer, Sent
from triage.send.destination import Destination
from triage.send.message import Message
from triage.settings import Pacs, Settings
from triage.spool import Spool

IDLE_S = 0.25
DATABASE_AWAY_S = 2.0
PATIENCE = 4
IN_A_ROW = 50
"""So many deliveries at most go before proofs are looked for."""

logger = structlog.get_logger(__name__)


class Courier:
    """Sends one delivery after the other and writes down what became of it.

    A delivery whose last attempt is in doubt is looked up first, and sent only if it is not
    there; where that cannot be asked it is sent again, the same bytes under the same UID.

    Args:
        engine: the outbox.
        results: where the encoded objects are.
        name: of this courier; a restarted one has the same.
        carrier: the destination.
        ttl: how long a claimed delivery belongs to this courier.
        wish: which proofs are looked for.
        breaker: of the destination.
        chance: of the pauses.
        clock: the database's, but for tests.
        destination: whose deliveries; ``None`` for all.
    """

    def __init__(
        self,
        engine: Engine,
        results: Spool,
        *,
        name: str,
        carrier: Carrier,
        ttl: timedelta,
        wish: Wish,
        breaker: Breaker,
        chance: Chance,
        clock: Clock = database_time,
        destination: str | None = None,
    ) -> None:
        self._engine = engine
        self._results = results
        self._name = name
        self._carrier = carrier
        self._ttl = ttl
        self._wish = wish
        self._breaker = breaker
        self._clock = clock
        self._chance = chance
        self._destination = destination

    def take_over(self) -> None:
        """Free what this courier's dead predecessor had claimed; each is in doubt."""
        with self._engine.begin() as connection:
            now = self._clock(connection)
            outbox.release_deliveries(connection, courier=self._name, now=now)

    def deliver_one(self) -> bool:
        """Send the most urgent delivery that waits longest; ``False`` where none may be sent."""
        with self._engine.begin() as connection:
            now = self._clock(connection)
            if self._breaker.is_open(now):
                return False
            delivery = outbox.claim_delivery(
                connection,
                courier=self._name,
                now=now,
                ttl=self._ttl,
                destination=self._destination,
            )
        if delivery is None:
            return False
        try:
            self._settle(delivery)
        except MoveRefused as error:
            logger.warning("delivery was taken over meanwhile", reason=str(error))
        return True

    def _settle(self, delivery: Delivery) -> None:
        log = logger.bind(capture=delivery.sop_instance_uid, destination=delivery.destination)
        begin = time.perf_counter()
        try:
            if self._is_there_already(delivery):
                answer = FOUND
                self._found(delivery)
            else:
                answer = self._carrier.store(self._results.path(delivery.digest))
                self._sent(delivery, answer, unproven=self._unproven())
            self._breaker.succeeded()
            send_s = round(time.perf_counter() - begin, 4)
            log.info("delivered", answer=answer, attempt=delivery.attempt, send_s=send_s)
        except DeliveryPostponed as error:
            self._postpone(delivery, error)
            log.warning("delivery postponed", reason=str(error), attempt=delivery.attempt)
        except DeliveryParked as error:
            self._park(delivery, str(error))
            self._breaker.succeeded()
            log.error("delivery parked", reason=str(error))

    def _is_there_already(self, delivery: Delivery) -> bool:
        return delivery.in_doubt and bool(self._carrier.has(self._results.path(delivery.digest)))

    def _unproven(self) -> str | None:
        """Say why no proof will come; a destination that went away meanwhile is asked later."""
        try:
            return self._wish.unproven(self._carrier)
        except DeliveryPostponed:
            return None

    def _sent(self, delivery: Delivery, answer: str, *, unproven: str | None) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            outbox.mark_sent(
                connection,
                delivery,
                now=now,
                courier=self._name,
                answer=answer,
                unproven=unproven,
            )

    def _found(self, delivery: Delivery) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            outbox.mark_sent(
                connection, delivery, now=now, courier=self._name, answer=FOUND, unproven=None
            )
            proof.prove(connection, _as_sent(delivery), reason=FOUND, by=By(self._name, now))

    def _postpone(self, delivery: Delivery, error: DeliveryPostponed) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            self._breaker.failed(now)
            if error.reached:
                until = now + back_off(delivery.attempt, chance=self._chance)
                doubt = error.in_doubt
            else:  # nothing is said of this one: it keeps its place, and its doubt
                until, doubt = delivery.due_at, delivery.in_doubt
            outbox.postpone(connection, delivery, until=until, reason=str(error), in_doubt=doubt)

    def _park(self, delivery: Delivery, reason: str) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            outbox.park(connection, delivery, now=now, courier=self._name, reason=reason)


def _as_sent(delivery: Delivery) -> Sent:
    return Sent(
        id=delivery.id,
        study_id=delivery.study_id,
        destination=delivery.destination,
        sop_instance_uid=delivery.sop_instance_uid,
        digest=delivery.digest,
        sent_at=delivery.due_at,
        proof=None,
    )


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
        """Deliver and prove until told to stop; the delivery under way is finished first."""
        while not stop.is_set():
            try:
                if not work(self._courier, self._prover, stop=stop):
                    self._carrier.attend()
                    stop.wait(IDLE_S)
            except DatabaseError as error:
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
    halt = threading.Event()
    with ThreadPoolExecutor(len(rounds), thread_name_prefix="round") as pool:
        going = [pool.submit(each.go, halt) for each in rounds]
        ready({})
        while not stop.wait(IDLE_S) and not any(future.done() for future in going):
            pass
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
