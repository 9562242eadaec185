"""The courier process: takes deliveries from the outbox to the PACS."""

import random
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from triage.daemon.child import Ready
from triage.database import outbox
from triage.database.engine import DatabaseError, Engine, database_time, open_engine
from triage.database.moves import MoveRefused
from triage.database.queue import pause_after
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Delivery
from triage.send.scu import deliver
from triage.settings import Settings
from triage.spool import Spool

IDLE_S = 0.25
DATABASE_AWAY_S = 2.0
PATIENCE = 4

logger = structlog.get_logger(__name__)

Send = Callable[[Path], str]


class Courier:
    """Sends one delivery after the other and writes down what became of it.

    Args:
        engine: the outbox.
        results: where the encoded objects are.
        name: of this courier; a restarted one has the same.
        send: sends one file and returns the answer, or raises ``DeliveryPostponed`` or
            ``DeliveryParked``.
        ttl: how long a claimed delivery belongs to this courier.
    """

    def __init__(
        self, engine: Engine, results: Spool, *, name: str, send: Send, ttl: timedelta
    ) -> None:
        self._engine = engine
        self._results = results
        self._name = name
        self._send = send
        self._ttl = ttl
        self._chance = random.SystemRandom()

    def take_over(self) -> None:
        """Free what this courier's dead predecessor had claimed; it is sent again as it was."""
        with self._engine.begin() as connection:
            now = database_time(connection)
            outbox.release_deliveries(connection, courier=self._name, now=now)

    def deliver_one(self) -> bool:
        """Send the delivery that waits longest; ``False`` where nothing waits."""
        with self._engine.begin() as connection:
            now = database_time(connection)
            delivery = outbox.claim_delivery(connection, courier=self._name, now=now, ttl=self._ttl)
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
            answer = self._send(self._results.path(delivery.digest))
            send_s = round(time.perf_counter() - begin, 4)
            self._sent(delivery, answer)
            log.info("delivered", answer=answer, attempt=delivery.attempt, send_s=send_s)
        except DeliveryPostponed as error:
            self._postpone(delivery, str(error))
            log.warning("delivery postponed", reason=str(error), attempt=delivery.attempt)
        except DeliveryParked as error:
            self._park(delivery, str(error))
            log.error("delivery parked", reason=str(error))

    def _sent(self, delivery: Delivery, answer: str) -> None:
        with self._engine.begin() as connection:
            now = database_time(connection)
            outbox.mark_sent(connection, delivery, now=now, courier=self._name, answer=answer)

    def _postpone(self, delivery: Delivery, reason: str) -> None:
        # A little chance keeps many deliveries from coming back in step.
        pause = pause_after(delivery.attempt) * self._chance.uniform(0.5, 1.0)
        with self._engine.begin() as connection:
            until = database_time(connection) + pause
            outbox.postpone(connection, delivery, until=until, reason=reason)

    def _park(self, delivery: Delivery, reason: str) -> None:
        with self._engine.begin() as connection:
            now = database_time(connection)
            outbox.park(connection, delivery, now=now, courier=self._name, reason=reason)


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Deliver until told to stop; the delivery under way is finished first."""
    pacs = settings.pacs

    def send(file: Path) -> str:
        """Send one file to the PACS of the settings."""
        return deliver(
            file,
            pacs.peer,
            calling_ae_title=settings.listener.ae_title,
            timeout_s=pacs.timeout_s,
        )

    courier = Courier(
        open_engine(settings.database_url),
        Spool(settings.data.folder / "results"),
        name=f"courier@{socket.gethostname()}:{settings.data.folder}",
        send=send,
        ttl=timedelta(seconds=PATIENCE * pacs.timeout_s),
    )
    courier.take_over()
    ready({})
    while not stop.is_set():
        try:
            if not courier.deliver_one():
                stop.wait(IDLE_S)
        except DatabaseError as error:
            logger.error("the database is away", reason=type(error.orig).__name__)
            stop.wait(DATABASE_AWAY_S)
