"""How a conversation with a peer may end other than by an answer."""

from enum import StrEnum

from triage.domain.errors import TriageError


class Failure(StrEnum):
    """What the peer did, in the words that follow its name."""

    UNREACHABLE = "cannot be reached"
    TLS = "made no TLS connection"
    REJECTED = "rejected the association"
    ABORTED = "aborted the association"
    CLOSED = "closed the connection"
    SILENT = "did not answer in time"
    GARBLED = "broke the protocol"
    LEFT = "was left before it had listed everything"


class Broken(TriageError):
    """The association has ended without the answer that was due.

    ``failure`` says how; ``detail`` adds what a person can use, such as a rejection's reason.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure} ({detail})" if detail else str(failure))
        self.failure = failure


class Rejected(Broken):
    """The peer rejected the association; ``source`` and ``reason`` are those of PS3.8 9.3.4."""

    def __init__(self, detail: str, *, source: int, reason: int) -> None:
        super().__init__(Failure.REJECTED, detail)
        self.source = source
        self.reason = reason
