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
from triage.send.scu import Verdict, meaning
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
NOT_FOUND = "C-FIND did not find it"
NOT_ASKED = "the destination could not be asked for it"

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
        self._since: dict[tuple[int, datetime, Proof | None], datetime] = {}

    def prove_some(self) -> bool:
        """Look for the proofs that are due; ``False`` where none is."""
        with self._engine.begin() as connection:
            now = self._clock(connection)
            if self._breaker.is_open(now):
                return False
            captures = proof.sent_captures(
                connection, now=now, most=TOGETHER, destination=self._destination
            )
            asked = [capture for capture in captures if capture.proof is Proof.COMMITMENT]
            expiries = proof.expiries(connection, asked)
        if not captures:
            return False
        try:
            self._begin([capture for capture in captures if capture.proof is None], now=now)
            for capture in captures:
                if capture.proof is not None:
                    self._look(capture, now=now, until=expiries.get(capture.id))
        except DeliveryPostponed as error:
            self._since.clear()  # whoever was away gets all the time again
            pause = self._breaker.failed(now)
            logger.warning("no proof now", reason=str(error), pause_s=pause.total_seconds())
            return False
        self._breaker.succeeded()
        return True

    def _begin(self, captures: Sequence[Sent], *, now: datetime) -> None:
        """Ask for a commitment, or decide that the destination is to be queried, or neither."""
        if not captures:
            return
        if self._wish.commitment and self._carrier.offers_commitment():
            self._ask(captures, now=now)
        elif self._wish.query:
            self._wait_for(captures, Proof.QUERY)
        else:
            for capture in captures:
                self._end(capture, proven=False, reason=NO_PROOF)

    def _ask(self, captures: Sequence[Sent], *, now: datetime) -> None:
        """Request a commitment; who refuses it is asked again, and queried meanwhile."""
        transaction_uid = f"2.25.{uuid4().int}"
        self._note(captures, transaction_uid)
        files = [self._results.path(capture.digest) for capture in captures]
        try:
            status = self._carrier.request_commitment(transaction_uid, files)
        except DeliveryPostponed:
            self._wait_for(captures, None)  # it is asked for anew, once the breaker lets us
            raise
        except DeliveryParked:  # an object has gone or is damaged: the others are asked for
            self._ask_without_it(captures, now=now)
            return
        if status == 0:
            self._forget(captures)
            return
        logger.warning("no commitment", peer=str(self._carrier.peer), status=status)
        if status is None or meaning(status).verdict is not Verdict.RETRY:
            self._wait_for(captures, Proof.QUERY)
            return
        self._wait_for(captures, None)
        for capture in captures:
            self._look(capture, now=now, until=None)

    def _note(self, captures: Sequence[Sent], transaction_uid: str) -> None:
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

    def _ask_without_it(self, captures: Sequence[Sent], *, now: datetime) -> None:
        """Ask for each half alone, down to the capture whose object cannot be read."""
        half = len(captures) // 2
        if not half:
            self._wait_for(captures, Proof.QUERY)
            return
        self._ask(captures[:half], now=now)
        self._ask(captures[half:], now=now)

    def _first_pause(self) -> timedelta:
        """Some destinations accept requests for commitment and never report."""
        asks = self._wish.query and self._carrier.offers_query()
        return min(BEFORE_THE_REPORT, self._wish.within) if asks else self._wish.within

    def _look(self, capture: Sent, *, now: datetime, until: datetime | None) -> None:
        """Query for a capture; it ends where it is found, or its time has passed.

        Args:
            capture: waits for its report, for the query, or for a request that is not refused.
            now: the database's time.
            until: so long its report is waited for, where one was promised.
        """
        try:
            there, why = self._has(capture)
        except DeliveryParked as error:
            self._end(capture, proven=False, reason=str(error))
            return
        if there:
            self._end(capture, proven=True, reason=FOUND)
            return
        within = READ_BACK_WITHIN if capture.proof is Proof.QUERY else self._wish.within
        since = self._began(capture, now=now) if until is None else until - within
        left = since + within - now
        if left <= timedelta(0) or (capture.proof is Proof.QUERY and there is None):
            self._end(capture, proven=False, reason=_why(capture, why))
            return
        rests = capture.proof is Proof.COMMITMENT and there is None
        pause = left if rests else min(left, max(FIRST_LOOK, now - since))
        self._wait_for([capture], capture.proof, pause=pause)  # each look after twice the time

    def _began(self, capture: Sent, *, now: datetime) -> datetime:
        """Return when the destination first had no proof; a restarted courier begins anew."""
        return self._since.setdefault((capture.id, capture.sent_at, capture.proof), now)

    def _forget(self, captures: Sequence[Sent]) -> None:
        for capture in captures:
            for which in (None, *Proof):
                self._since.pop((capture.id, capture.sent_at, which), None)

    def _has(self, capture: Sent) -> tuple[bool | None, str]:
        """Tell whether it is there, and why it is not known to be; a refusal is one to repeat."""
        if not self._wish.query:
            return None, NO_COMMITMENT
        try:
            there = self._carrier.has(self._results.path(capture.digest))
        except DeliveryPostponed as error:
            if not error.reached:
                raise
            return False, str(error)
        return there, NOT_ASKED if there is None else NOT_FOUND

    def _wait_for(
        self, captures: Sequence[Sent], which: Proof | None, *, pause: timedelta = timedelta(0)
    ) -> None:
        with self._engine.begin() as connection:
            until = self._clock(connection) + pause
            for capture in captures:
                proof.wait_for(connection, capture, which, until=until)

    def _end(self, capture: Sent, *, proven: bool, reason: str) -> None:
        self._forget([capture])
        end = proof.prove if proven else proof.give_up
        try:
            with self._engine.begin() as connection:
                end(connection, capture, reason=reason, by=By(self._name, self._clock(connection)))
        except MoveRefused:
            return  # a report was faster
        log = logger.bind(capture=capture.sop_instance_uid, destination=capture.destination)
        log.info("proven" if proven else "not proven", reason=reason)


def _why(capture: Sent, why: str) -> str:
    known = capture.proof is Proof.QUERY or why == NO_COMMITMENT
    return why if known else f"{NO_COMMITMENT}; {why}"
