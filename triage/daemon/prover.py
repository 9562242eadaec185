"""Looks for proof that a destination keeps what it took: its commitment, else a query for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import structlog

from triage.daemon.breaker import Breaker
from triage.database import proof
from triage.database.engine import Connection, Engine, database_time
from triage.database.moves import By, MoveRefused
from triage.database.outbox import NO_PROOF
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer, Proof, Sent
from triage.spool import Spool

TOGETHER = 100
"""So many captures are named by one request for commitment."""

READ_BACK_WITHIN = timedelta(minutes=10)
"""A destination may index what it stored later; so long it is asked again."""

FIRST_LOOK = timedelta(seconds=1)
BEFORE_THE_REPORT = timedelta(seconds=10)
"""So long a report of commitment is waited for before the destination is queried meanwhile."""

FOUND = "found by C-FIND at IMAGE level"
NO_COMMITMENT = "no storage commitment came"

logger = structlog.get_logger(__name__)

Clock = Callable[[Connection], datetime]


class Carrier(Protocol):
    """What the courier asks of a destination; every method may raise ``DeliveryPostponed``."""

    peer: Peer

    def store(self, file: Path) -> str:
        """Store one object and return the answer in words; may raise ``DeliveryParked``."""

    def has(self, file: Path) -> bool | None:
        """Tell whether the destination has it; ``None`` where it cannot be asked."""

    def offers_commitment(self) -> bool:
        """Tell whether it accepts requests for storage commitment."""

    def offers_query(self) -> bool:
        """Tell whether it can be asked for an instance."""

    def request_commitment(self, transaction_uid: str, files: Sequence[Path]) -> int | None:
        """Request storage commitment; return the status of the answer."""

    def attend(self) -> None:
        """Take what it says of its own accord."""

    def close(self) -> None:
        """End the association."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which proofs are looked for, and how long a commitment is waited for at the most."""

    commitment: bool = True
    query: bool = True
    within: timedelta = timedelta(hours=1)

    def unproven(self, carrier: Carrier) -> str | None:
        """Say why there will be no proof; ``None`` where one may come."""
        if not (self.commitment or self.query):
            return "no proof of storage is asked for"
        if self.commitment and carrier.offers_commitment():
            return None
        return None if self.query and carrier.offers_query() else NO_PROOF


class Prover:
    """Takes captures from SENT to PROVEN or SENT_UNPROVEN.

    Args:
        engine: the outbox.
        results: where the encoded objects are.
        carrier: the destination.
        name: of this courier, for the events.
        wish: which proofs are looked for.
        breaker: of the destination.
        clock: the database's, but for tests.
        destination: whose captures; ``None`` for all.
    """

    def __init__(
        self,
        engine: Engine,
        results: Spool,
        *,
        carrier: Carrier,
        name: str,
        wish: Wish,
        breaker: Breaker,
        clock: Clock = database_time,
        destination: str | None = None,
    ) -> None:
        self._engine = engine
        self._results = results
        self._carrier = carrier
        self._name = name
        self._wish = wish
        self._breaker = breaker
        self._clock = clock
        self._destination = destination

    def prove_some(self) -> bool:
        """Look for the proofs that are due; ``False`` where none is."""
        with self._engine.begin() as connection:
            now = self._clock(connection)
            if self._breaker.is_open(now):
                return False
            captures = proof.sent_captures(
                connection, now=now, most=TOGETHER, destination=self._destination
            )
        if not captures:
            return False
        try:
            self._begin([capture for capture in captures if capture.proof is None])
            for capture in captures:
                if capture.proof is not None:
                    self._look(capture, now=now)
        except DeliveryPostponed as error:
            pause = self._breaker.failed(now)
            logger.warning("no proof now", reason=str(error), pause_s=pause.total_seconds())
            return False
        self._breaker.succeeded()
        return True

    def _begin(self, captures: Sequence[Sent]) -> None:
        """Ask for a commitment, or decide that the destination is to be queried, or neither."""
        if not captures:
            return
        if self._wish.commitment and self._carrier.offers_commitment():
            self._ask(captures)
        elif self._wish.query:
            self._wait_for(captures, Proof.QUERY)
        else:
            for capture in captures:
                self._end(capture, proven=False, reason=NO_PROOF)

    def _ask(self, captures: Sequence[Sent]) -> None:
        transaction_uid = f"2.25.{uuid4().int}"
        with self._engine.begin() as connection:
            now = self._clock(connection)
            proof.ask_for_commitment(
                connection,
                captures,
                transaction_uid=transaction_uid,
                ae_title=self._carrier.peer.ae_title,
                now=now,
                expires_at=now + self._wish.within,
                look_at=now + self._first_pause(),
            )
        files = [self._results.path(capture.digest) for capture in captures]
        try:
            status = self._carrier.request_commitment(transaction_uid, files)
        except DeliveryPostponed:
            self._wait_for(captures, None)  # it is asked for anew, once the breaker lets us
            raise
        except DeliveryParked:  # an object has gone: each is looked at alone
            status = None
        if status != 0:
            logger.warning("no commitment", peer=str(self._carrier.peer), status=status)
            self._wait_for(captures, Proof.QUERY)

    def _first_pause(self) -> timedelta:
        """Some destinations accept requests for commitment and never report."""
        asks = self._wish.query and self._carrier.offers_query()
        return min(BEFORE_THE_REPORT, self._wish.within) if asks else self._wish.within

    def _look(self, capture: Sent, *, now: datetime) -> None:
        if not self._wish.query:
            self._end(capture, proven=False, reason=NO_COMMITMENT)
            return
        try:
            there = self._carrier.has(self._results.path(capture.digest))
        except DeliveryParked as error:
            self._end(capture, proven=False, reason=str(error))
            return
        if there:
            self._end(capture, proven=True, reason=FOUND)
        elif (left := self._left(capture, there=there, now=now)) > timedelta(0):
            pause = max(FIRST_LOOK, now - capture.sent_at)  # each look after twice the time
            until_the_end = capture.proof is Proof.COMMITMENT and (there is None or pause > left)
            self._wait_for([capture], capture.proof, pause=left if until_the_end else pause)
        else:
            self._end(capture, proven=False, reason=_why(capture, there=there))

    def _left(self, capture: Sent, *, there: bool | None, now: datetime) -> timedelta:
        """Return how long it is looked for yet, or its report is waited for."""
        if capture.proof is Proof.COMMITMENT:
            return capture.sent_at + self._wish.within - now
        return capture.sent_at + READ_BACK_WITHIN - now if there is False else timedelta(0)

    def _wait_for(
        self, captures: Sequence[Sent], which: Proof | None, *, pause: timedelta = timedelta(0)
    ) -> None:
        with self._engine.begin() as connection:
            until = self._clock(connection) + pause
            for capture in captures:
                proof.wait_for(connection, capture, which, until=until)

    def _end(self, capture: Sent, *, proven: bool, reason: str) -> None:
        end = proof.prove if proven else proof.give_up
        try:
            with self._engine.begin() as connection:
                end(connection, capture, reason=reason, by=By(self._name, self._clock(connection)))
        except MoveRefused:
            return  # a report was faster
        log = logger.bind(capture=capture.sop_instance_uid, destination=capture.destination)
        log.info("proven" if proven else "not proven", reason=reason)


def _why(capture: Sent, *, there: bool | None) -> str:
    late = f"{NO_COMMITMENT}; " if capture.proof is Proof.COMMITMENT else ""
    if there is None:
        return f"{late}the destination could not be asked for it"
    return f"{late}C-FIND did not find it"
