"""States of a study, its films and its deliveries, and the moves between them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StudyState(StrEnum):
    """Where a study stands; ``DONE``, ``NOT_ASSESSED`` and ``DEAD`` are terminal."""

    RECEIVING = "RECEIVING"
    QUEUED = "QUEUED"
    ASSESSING = "ASSESSING"
    ASSESSED = "ASSESSED"
    DONE = "DONE"
    NOT_ASSESSED = "NOT_ASSESSED"
    DEAD = "DEAD"


class FilmState(StrEnum):
    """Where a received SOP instance stands; all but ``WAITING`` are terminal."""

    WAITING = "WAITING"
    ASSESSED = "ASSESSED"
    NOT_ASSESSED = "NOT_ASSESSED"
    QUARANTINED = "QUARANTINED"


class DeliveryState(StrEnum):
    """Where a capture stands on its way to a PACS; ``WAITING`` and ``SENT`` alone are passing."""

    WAITING = "WAITING"
    SENT = "SENT"
    PROVEN = "PROVEN"
    SENT_UNPROVEN = "SENT_UNPROVEN"
    PARKED = "PARKED"


@dataclass(frozen=True, slots=True)
class Peer:
    """A DICOM application entity: title, host and port."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"

    @property
    def spelt_out(self) -> str:
        """The peer as a command takes it: an IPv6 address stands in brackets.

        The database names destinations by ``str``, which therefore stays as it is.

        >>> Peer("PACS", "::1", 104).spelt_out, Peer("PACS", "pacs.example", 104).spelt_out
        ('PACS@[::1]:104', 'PACS@pacs.example:104')
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.ae_title}@{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Instance:
    """One received SOP instance in the spool.

    ``digest`` is the BLAKE3 digest of the Part 10 file in hex and names the file.
    """

    id: int
    sop_instance_uid: str
    sop_class_uid: str
    digest: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one study until ``expires_at``; a late worker fails on ``fence``."""

    study_id: int
    study_uid: str
    worker: str
    fence: int
    expires_at: datetime
    attempt: int

    @property
    def alone(self) -> bool:
        """Whether nothing may be assessed beside it, so that nobody else is blamed for it."""
        return self.attempt > 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox: one capture for one destination.

    ``due_at``: when its turn came, which is its place in the queue.
    ``in_doubt``: an earlier attempt ended without an answer, so it may be there already.
    ``superseded``: its film came again with another identity, so it is not to be sent any more.
    """

    id: int
    study_id: int
    destination: str
    sop_instance_uid: str
    digest: str
    attempt: int
    due_at: datetime
    in_doubt: bool
    superseded: bool = False


class Proof(StrEnum):
    """What shows that a destination keeps a capture that it took."""

    COMMITMENT = "commitment"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Sent:
    """A capture that its destination has taken, and the proof that it waits for, if any yet."""

    id: int
    study_id: int
    destination: str
    sop_instance_uid: str
    digest: str
    sent_at: datetime
    proof: Proof | None
