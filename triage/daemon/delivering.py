"""The deliveries of one courier: looked up, sent or withdrawn, and what became of each."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from triage.daemon.breaker import Breaker, Chance, back_off
from triage.daemon.prover import FOUND, Carrier, Clock, Wish
from triage.database import outbox
from triage.database.engine import DatabaseError, Engine, NoConnectionFree, database_time
from triage.database.moves import MoveRefused
from triage.database.outbox import SUPERSEDED
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Delivery
from triage.spool import Spool, is_whole

logger = structlog.get_logger(__name__)


class Courier:
    """Sends one delivery after the other and writes down what became of it.

    A delivery whose last attempt is in doubt is looked up first, and sent only if it is not
    there; where that cannot be asked it is sent again, the same bytes under the same UID. One
    whose film came again with another identity is not sent any more, nor one whose object is not
    the one that was stored.

    Args:
        engine: the outbox.
        results: where the encoded objects are.
        name: of this courier; a restarted one has the same.
        carrier: the destination.
        ttl: how long a claimed delivery belongs to this courier; renewed while it is sent.
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
            with self._kept(delivery):
                self._settle(delivery)
        except MoveRefused as error:
            logger.warning("delivery was taken over meanwhile", reason=str(error))
        return True

    @contextmanager
    def _kept(self, delivery: Delivery) -> Iterator[None]:
        """Renew the claim meanwhile: a slow destination may take longer than any of them lasts."""
        done = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(delivery, done), name="renewal")
        renewal.start()
        try:
            yield
        finally:
            done.set()
            renewal.join()

    def _renew(self, delivery: Delivery, done: threading.Event) -> None:
        kept = True
        while kept and not done.wait(self._ttl.total_seconds() / 3):
            try:
                with self._engine.begin() as connection:
                    until = self._clock(connection) + self._ttl
                    kept = outbox.keep(connection, delivery, until=until)
            except (DatabaseError, NoConnectionFree) as error:
                logger.warning("claim not renewed", reason=type(error).__name__)

    def _settle(self, delivery: Delivery) -> None:
        log = logger.bind(capture=delivery.sop_instance_uid, destination=delivery.destination)
        begin = time.perf_counter()
        try:
            answer = self._deliver(delivery)
            send_s = round(time.perf_counter() - begin, 4)
            log.info("delivered", answer=answer, attempt=delivery.attempt, send_s=send_s)
        except DeliveryPostponed as error:
            self._postpone(delivery, error)
            log.warning("delivery postponed", reason=str(error), attempt=delivery.attempt)
        except DeliveryParked as error:
            self._park(delivery, str(error))
            self._breaker.succeeded()
            log.error("delivery parked", reason=str(error))

    def _deliver(self, delivery: Delivery) -> str:
        """Send it, unless it is there already or is not to be sent any more; say which."""
        file = self._results.path(delivery.digest)
        damage = _damage(file)
        if damage and not delivery.superseded:
            raise DeliveryParked(damage)
        there: bool | None = False
        if delivery.in_doubt:
            there = None if damage else self._carrier.has(file)
        if there:
            answer = FOUND
            self._sent(delivery, answer, unproven=self._unproven())
        elif delivery.superseded:
            self._withdraw(delivery, in_doubt=there is None)
            return SUPERSEDED  # nobody may have been asked, so nothing is said of the destination
        else:
            answer = self._carrier.store(file)
            self._sent(delivery, answer, unproven=self._unproven())
        self._breaker.succeeded()
        return answer

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

    def _withdraw(self, delivery: Delivery, *, in_doubt: bool) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            outbox.withdraw(connection, delivery, now=now, courier=self._name, in_doubt=in_doubt)

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


def _damage(file: Path) -> str | None:
    """Say what has become of an object since it was stored, if anything."""
    try:
        return None if is_whole(file) else "the stored object is damaged: its digest is another"
    except OSError as error:
        return f"the stored object cannot be read: {type(error).__name__}"
