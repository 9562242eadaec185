"""The data phase of an association that stores, verifies or reports (PS3.7, PS3.8 annex E).

One buffer, filled by the socket and parsed in place: a data set is never in memory as a whole,
its fragments go from the buffer to the draft, and the answer is packed by hand.
"""

import socket
from collections.abc import Callable
from mmap import mmap
from time import monotonic

from triage.domain.errors import RejectedInstance
from triage.receive.arrival import Inspection
from triage.receive.command import (
    C_CANCEL_RQ,
    C_ECHO_RQ,
    C_STORE_RQ,
    LONGEST,
    N_EVENT_REPORT_RQ,
    RESPONSE,
    Command,
    read_command,
    respond,
)
from triage.receive.connection import INSIDE, NEVER, Connection, PeerLeft
from triage.receive.dataset import CANNOT_UNDERSTAND
from triage.receive.intake import SUCCESS, Intake, Visit
from triage.receive.negotiation import Agreement
from triage.receive.pdu import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    ASSOCIATE_RQ,
    COMMAND,
    HEADER,
    INVALID_PARAMETER,
    LAST,
    MAXIMUM_LENGTH,
    P_DATA_TF,
    PDV_HEADER,
    RELEASE_REPLY,
    RELEASE_RP,
    RELEASE_RQ,
    UNEXPECTED_PDU,
    UNRECOGNIZED_PDU,
    ProtocolError,
    p_data,
)
from triage.receive.report import LARGEST

UNRECOGNIZED_OPERATION = 0x0211
BUFFER = 1024 * 1024
SMALLEST_READ = 64 * 1024
_EXPECTED = frozenset({P_DATA_TF, RELEASE_RQ, ABORT})
_OUT_OF_PLACE = frozenset({ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, RELEASE_RP})


class DataPhase:
    """Everything between A-ASSOCIATE-AC and the end of one association.

    Args:
        connection: the accepted association's.
        agreement: what was negotiated.
        visit: where instances go.
        inspect: holds each data set against its command.
    """

    def __init__(
        self,
        connection: Connection,
        agreement: Agreement,
        visit: Visit,
        *,
        inspect: Callable[..., Inspection] = Inspection,
    ) -> None:
        self._connection = connection
        self._agreement = agreement
        self._visit = visit
        self._inspect = inspect
        # Pages that no byte came into are never touched: a bytearray writes zeros into all of them.
        self._buffer = memoryview(mmap(-1, BUFFER))
        self._begin = self._end = 0
        self._pieces: list[memoryview] = []
        self._context_id = 0
        self._encoded_command = bytearray()
        self._command: Command | None = None
        self._intake: Intake | None = None
        self._report = bytearray()
        self._rest()

    def serve(self) -> None:
        """Answer requests until the peer has asked for release and got it.

        Raises:
            PeerLeft: the association ended otherwise.
            ProtocolError: the peer broke the protocol; nobody has told it yet.
            OSError: the connection broke.
        """
        try:
            while self._serve_one():
                pass
        finally:
            if self._intake is not None:
                self._intake.cut()

    def _serve_one(self) -> bool:
        kind, begin, end = self._next_pdu()
        if kind == P_DATA_TF:
            self._read_fragments(begin, end)
            return True
        if kind == ABORT:
            raise PeerLeft(
                INSIDE if self._is_inside() else "aborted by the peer", inside=self._is_inside()
            )
        self._connection.socket.sendall(RELEASE_REPLY)
        if self._is_inside():
            raise PeerLeft(INSIDE, inside=True)
        return False

    def _next_pdu(self) -> tuple[int, int, int]:
        """Wait for a whole PDU; return its type and where in the buffer its contents are."""
        self._need(HEADER.size)
        kind, length = HEADER.unpack_from(self._buffer, self._begin)
        if kind not in _EXPECTED:
            reason = UNEXPECTED_PDU if kind in _OUT_OF_PLACE else UNRECOGNIZED_PDU
            raise ProtocolError(reason, f"PDU type {kind:#04x} within an association")
        if length > MAXIMUM_LENGTH:
            raise ProtocolError(
                INVALID_PARAMETER, f"PDU of {length} bytes, {MAXIMUM_LENGTH} were negotiated"
            )
        self._need(HEADER.size + length)
        begin = self._begin + HEADER.size
        self._begin = begin + length
        return kind, begin, self._begin

    def _need(self, count: int) -> None:
        """Read until so many bytes are in the buffer."""
        while self._end - self._begin < count:
            self._hand_on()  # before the buffer moves, and while the next bytes are on their way
            self._make_room(count)
            # Without it a peer with Nagle's algorithm waits 40 ms between header and body.
            self._connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            received = self._connection.socket.recv_into(self._buffer[self._end :])
            if not received:
                inside = self._is_inside() or self._end > self._begin
                because = INSIDE if inside else "the connection was closed"
                raise PeerLeft(self._connection.shut_because or because, inside=inside)
            if self._connection.resting:  # its silence is not the message's
                self._connection.resting = False
                self._resting_since = monotonic()
            self._end += received
            self._received += received
            self._connection.progressed(self._resting_since, self._received)

    def _make_room(self, count: int) -> None:
        waiting = self._end - self._begin
        if not waiting:
            self._begin = self._end = 0
        elif BUFFER - self._end < SMALLEST_READ or BUFFER - self._begin < count:
            self._buffer[:waiting] = self._buffer[self._begin : self._end]
            self._begin, self._end = 0, waiting

    def _read_fragments(self, place: int, end: int) -> None:
        while place < end:
            if end - place < PDV_HEADER.size:
                raise ProtocolError(INVALID_PARAMETER, "PDV cut short")
            length, context_id, control = PDV_HEADER.unpack_from(self._buffer, place)
            inside, place = place + PDV_HEADER.size, place + 4 + length
            if place > end or place < inside:
                raise ProtocolError(INVALID_PARAMETER, f"PDV of {length} bytes in a shorter PDU")
            fragment = self._buffer[inside:place]
            if control & COMMAND:
                self._take_command(fragment, context_id, last=bool(control & LAST))
            else:
                self._take_data(fragment, context_id, last=bool(control & LAST))

    def _take_command(self, fragment: memoryview, context_id: int, *, last: bool) -> None:
        if self._command is not None:
            raise ProtocolError(UNEXPECTED_PDU, "command inside a data set")
        if not self._encoded_command:
            self._context_id = context_id
        self._check_context(context_id)
        self._encoded_command += fragment
        if len(self._encoded_command) > LONGEST:
            raise ProtocolError(INVALID_PARAMETER, f"command set of more than {LONGEST} bytes")
        if last:
            command = read_command(bytes(self._encoded_command))
            self._encoded_command.clear()
            self._begin_request(command)

    def _take_data(self, fragment: memoryview, context_id: int, *, last: bool) -> None:
        if self._command is None:
            raise ProtocolError(UNEXPECTED_PDU, "data set without a command")
        self._check_context(context_id)
        self._pieces.append(fragment)
        if last:
            self._answer(self._command)

    def _check_context(self, context_id: int) -> None:
        if context_id != self._context_id or context_id not in self._agreement.transfer_syntaxes:
            raise ProtocolError(INVALID_PARAMETER, f"presentation context {context_id}")

    def _begin_request(self, command: Command) -> None:
        if command.field & RESPONSE:
            raise ProtocolError(UNEXPECTED_PDU, f"response {command.field:#06x} to no request")
        if command.field == C_CANCEL_RQ:
            return
        if command.field == C_STORE_RQ:
            self._intake = Intake(
                self._visit,
                sop_class_uid=command.sop_class_uid,
                sop_instance_uid=command.sop_instance_uid,
                transfer_syntax_uid=self._agreement.transfer_syntaxes[self._context_id],
                inspect=self._inspect,
            )
        if command.has_data_set:
            self._command = command
            return
        if self._intake is not None:
            sentence = "the C-STORE brought no data set"
            self._intake.refuse(RejectedInstance(CANNOT_UNDERSTAND, sentence))
        self._answer(command)

    def _hand_on(self) -> None:
        if self._pieces and self._intake is not None:
            self._intake.feed(self._pieces)
        elif self._pieces and self._is_report(self._command):
            self._report += b"".join(self._pieces)
            if len(self._report) > LARGEST:
                raise ProtocolError(INVALID_PARAMETER, f"report of more than {LARGEST} bytes")
        self._pieces.clear()

    def _answer(self, command: Command) -> None:
        self._connection.deadline = NEVER
        self._hand_on()
        status, comment = self._outcome(command)
        message = p_data(
            respond(command, status, comment),
            context_id=self._context_id,
            control=COMMAND,
            maximum_length=self._agreement.peer_maximum_length,
        )
        self._intake = self._command = None
        self._connection.progressed(monotonic(), 0)
        self._connection.socket.sendall(message)
        self._rest()

    def _outcome(self, command: Command) -> tuple[int, str]:
        if self._intake is not None:
            return self._intake.finish()
        if self._visit.reports is not None and self._is_report(command):
            encoded = bytes(self._report)
            self._report.clear()
            return self._visit.reports.take(
                encoded,
                transfer_syntax_uid=self._agreement.transfer_syntaxes[self._context_id],
                event_type=command.event_type,
                ae_title=self._visit.caller.ae_title,
            ), ""
        return (SUCCESS if command.field == C_ECHO_RQ else UNRECOGNIZED_OPERATION), ""

    def _is_report(self, command: Command | None) -> bool:
        reported = command is not None and command.field == N_EVENT_REPORT_RQ
        return reported and self._context_id in self._agreement.report_contexts

    def _is_inside(self) -> bool:
        """Tell whether a message has begun and not ended."""
        return self._command is not None or bool(self._encoded_command)

    def _rest(self) -> None:
        """Begin to wait for the next message."""
        self._resting_since, self._received = monotonic(), 0
        self._connection.progressed(self._resting_since, 0)
        self._connection.resting = True
