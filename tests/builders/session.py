"""One association's data phase in this thread, over a real socket, and what became of it."""

import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.builders.keeper import MemoryDraft, MemoryKeeper
from tests.builders.pdus import HEADER, P_DATA_TF, PDV
from triage.receive.arrival import Arrival
from triage.receive.connection import Connection, Limits, PeerLeft
from triage.receive.intake import Caller, Visit
from triage.receive.negotiation import Agreement
from triage.receive.pdu import ProtocolError
from triage.receive.streaming import DataPhase

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: no port waits for a late segment
_STORED = re.compile(
    rb"\0\0\0\x01\x02\0\0\0\x01\x80\0\0\x20\x01\x02\0\0\0..\0\0\0\x08\x02\0\0\0\x01\x01"
    rb"\0\0\0\x09\x02\0\0\0\0\0",
    re.DOTALL,
)
"""Of a C-STORE-RSP: its command field, message, data set type, and success."""


class LateSocket(socket.socket):
    """A socket to which few bytes come at a time."""

    few = 1

    def recv_into(self, view: memoryview) -> int:  # type: ignore[override]  # all that is used
        return super().recv_into(view[: self.few])


@dataclass
class Witness(MemoryKeeper):
    """Keeps everything, and knows how often each draft was ended."""

    drafts: list["WitnessedDraft"] = field(default_factory=list)

    def draft(self) -> MemoryDraft:
        begun = WitnessedDraft(self)
        self.drafts.append(begun)
        return begun


@dataclass
class WitnessedDraft(MemoryDraft):
    """One instance, and how often it was kept or discarded."""

    ends: int = 0

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        self.ends += 1
        return super().keep(arrival, association_id=association_id)

    def discard(self) -> None:
        self.ends += 1
        super().discard()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session left: the keeper, the answers, and the kind of error that ended it.

    The error itself would hold on to the frames that it came through, and to their buffers.
    """

    keeper: Witness
    answers: bytes
    error: type[Exception] | None

    @property
    def kept(self) -> list[bytes]:
        """The data sets of the files."""
        return [_data_set(kept.file) for kept in self.keeper.kept]

    @property
    def drafts_left(self) -> int:
        """Drafts that were not ended exactly once."""
        return sum(draft.ends != 1 for draft in self.keeper.drafts)

    @property
    def successes(self) -> int:
        """C-STORE responses of success."""
        return len(_STORED.findall(self.answers))


@contextmanager
def connected(listening: socket.socket, *, few: int) -> Iterator[tuple[Connection, socket.socket]]:
    """Connect; yield the accepted end, to which few bytes come at a time, and the peer's."""
    with socket.create_connection(listening.getsockname(), timeout=10) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        accepted, _ = listening.accept()
        with LateSocket(fileno=accepted.detach()) as late:
            late.few = few
            yield Connection(late, "10.0.0.1", limits=Limits()), peer


def run_session(
    listening: socket.socket,
    stream: bytes,
    agreement: Agreement,
    *,
    few: int,
    leaves: bool = False,
    kind: type[DataPhase] = DataPhase,
) -> Outcome:
    """Send a stream, serve it to its end, and read the answers, if the peer is still there."""
    keeper = Witness()
    error: type[Exception] | None = None
    visit = Visit(keeper, Caller("CR1", "10.0.0.1"))
    with connected(listening, few=few) as (connection, peer):
        peer.sendall(stream)
        peer.close() if leaves else peer.shutdown(socket.SHUT_WR)
        try:
            kind(connection, agreement, visit).serve()
        except (PeerLeft, ProtocolError, OSError) as documented:
            error = type(documented)
        visit.end()
        connection.wait_for_end(5.0)  # closed now, it would reset what was answered
        answers = b"" if leaves else b"".join(iter(lambda: peer.recv(65_536), b""))
    return Outcome(keeper, answers, error)


def sent_data_sets(stream: bytes) -> list[bytes]:
    """Collect what the data fragments of each message hold, as far as PDUs can be told apart."""
    found, data = [], b""
    for control, fragment in _fragments(stream):
        data = b"" if control & 1 else data + fragment
        if control & 3 == 2:
            found.append(data)
            data = b""
    return found


def is_within(some: Sequence[bytes], those: Sequence[bytes]) -> bool:
    """Tell whether some are among those, in the same order."""
    rest = iter(those)
    return all(any(one == other for other in rest) for one in some)


def _fragments(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + HEADER.size <= len(stream):
        kind, length = HEADER.unpack_from(stream, place)
        place += HEADER.size
        end = place + length
        while kind == P_DATA_TF and place + PDV.size <= end <= len(stream):
            size, _, control = PDV.unpack_from(stream, place)
            yield control, stream[place + PDV.size : place + 4 + size]
            place += 4 + size
        place = end


def _data_set(file: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", file, 140)
    return file[144 + length :]
