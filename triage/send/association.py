"""An association that we requested: one request at a time, and reports of the peer's between."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic

from triage.domain.study import Peer
from triage.send.connection import SLOWEST_BYTES_PER_S, Connection
from triage.send.failure import Broken, Failure
from triage.send.message import (
    C_CANCEL_RQ,
    C_STORE_RQ,
    DATA_SET_TYPE,
    FIELD,
    LONGEST,
    MESSAGE_ID,
    N_EVENT_REPORT_RQ,
    NO_DATA_SET,
    PENDING,
    RESPONDED_TO,
    RESPONSE,
    UNRECOGNIZED_OPERATION,
    Incoming,
    Message,
    OnStore,
    Values,
    command_set,
    read_command,
    response,
)
from triage.send.pdu import (
    ABORT,
    ABORTED_BY_US,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    COMMAND,
    LAST,
    P_DATA_TF,
    RELEASE_REPLY,
    RELEASE_REQUEST,
    RELEASE_RP,
    RELEASE_RQ,
    Accepted,
    Proposal,
    associate_rq,
    fragments,
    p_data,
    read_associate_ac,
    rejection,
)
from triage.settings.tls import Handshake

LARGEST_DATA_SET = 4 * 1024 * 1024
MOST_ANSWERS = 64
MOST_BEFORE_RELEASE = 64
"""PDUs that a peer may still send when it was asked to release the association."""
MOST_MESSAGE_ID = 0xFFFF

OnReport = Callable[[Message, str], int]
"""Takes an N-EVENT-REPORT-RQ and the transfer syntax of its data set; returns the status."""


def refuse_reports(_report: Message, _transfer_syntax: str) -> int:
    """Take no report."""
    return UNRECOGNIZED_OPERATION


class Association:
    """An established association.

    Args:
        peer: whom to associate with.
        calling_ae_title: own AE title.
        proposals: the presentation contexts to propose.
        timeout_s: for the connection, for each answer, and for silence on the line.
        on_report: takes what the peer reports of its own accord.
        on_store: takes what the peer stores, which it does when it serves a C-GET.
        tls: with it the connection begins with a handshake.

    Raises:
        Broken: the peer cannot be reached, rejects the association, or breaks the protocol.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        calling_ae_title: str,
        proposals: Sequence[Proposal],
        timeout_s: float,
        on_report: OnReport = refuse_reports,
        on_store: OnStore | None = None,
        tls: Handshake | None = None,
    ) -> None:
        self._on_report = on_report
        self._on_store = on_store
        self._incoming: Incoming | None = None
        self._message_id = 0
        self._connection = Connection(peer, timeout_s=timeout_s, tls=tls)
        self._deadline = self._connection.deadline()
        self.is_open = True
        with self._ended_by_failure():
            request = associate_rq(proposals, calling=calling_ae_title, called=peer.ae_title)
            self._connection.send([request])
            self._deadline = self._connection.deadline()
            kind, body = self._receive()
            if kind == ASSOCIATE_RJ:
                raise rejection(body)
            if kind != ASSOCIATE_AC:
                raise Broken(Failure.GARBLED, f"PDU type {kind:#04x} where an answer was due")
            pdu = bytes((kind, 0)) + len(body).to_bytes(4, "big") + body
            self.agreement = read_associate_ac(pdu, proposals)

    def ask(self, values: Values, data_set: bytes | memoryview, context: Accepted) -> list[Message]:
        """Send a request and return every response to it, pending ones first.

        Args:
            values: of the command set, without message ID and data set type.
            data_set: encoded as the context's transfer syntax says; may be empty.
            context: an accepted one.

        Raises:
            Broken: the association has ended; the peer may have done what it was asked for.
        """
        answers: list[Message] = []
        for answer in self.answers(values, data_set, context):
            answers.append(answer)
            if len(answers) > MOST_ANSWERS:
                self.abort()
                raise Broken(Failure.GARBLED, f"more than {MOST_ANSWERS} answers")
        return answers

    def answers(
        self, values: Values, data_set: bytes | memoryview, context: Accepted
    ) -> Iterator[Message]:
        """Send a request and yield each response to it as it comes; the last is not pending.

        Whoever does not take them all aborts the association, or cancels and then takes the rest.

        Raises:
            Broken: the association has ended; the peer may have done what it was asked for.
        """
        self._message_id = self._message_id % MOST_MESSAGE_ID + 1
        kind = 0 if data_set else NO_DATA_SET
        command = {**values, MESSAGE_ID: self._message_id, DATA_SET_TYPE: kind}
        with self._ended_by_failure():
            self._say(command_set(command), data_set, context.context_id)
        pending = True
        while pending:
            with self._ended_by_failure():
                answer = self._answer_to(int(values[FIELD]))
            yield answer
            pending = answer.status in PENDING

    def cancel(self, context: Accepted) -> None:
        """Ask the peer to end the request under way (PS3.7 9.3.2.3); its last response follows.

        Raises:
            Broken: the association has ended.
        """
        values: Values = {
            FIELD: C_CANCEL_RQ,
            RESPONDED_TO: self._message_id,
            DATA_SET_TYPE: NO_DATA_SET,
        }
        with self._ended_by_failure():
            self._say(command_set(values), b"", context.context_id)

    def attend(self, *, within_s: float = 0.0) -> None:
        """Serve what the peer says of its own accord, if it says something within that time.

        What is left when the time-out has passed is served the next time. A peer that releases,
        aborts or closes ends the association; that is no error here.
        """
        with contextlib.suppress(Broken), self._ended_by_failure():
            end = self._connection.deadline() + within_s
            while self.is_open and monotonic() < end:
                if not self._connection.has_something(within_s=within_s):
                    break
                self._deadline = self._connection.deadline()
                message, context_id = self._next_message()
                self._serve(message, context_id)
                within_s = 0.0

    def release(self) -> None:
        """Release the association and close the connection; a peer that has gone is no error."""
        if not self.is_open:
            return
        with contextlib.suppress(Broken), self._ended_by_failure():
            self._connection.send([RELEASE_REQUEST])
            self._deadline = self._connection.deadline()
            for _ in range(MOST_BEFORE_RELEASE):
                if self._receive()[0] in {RELEASE_RP, RELEASE_RQ}:
                    break
        self._end()

    def abort(self) -> None:
        """End the association at once."""
        if not self.is_open:
            return
        with contextlib.suppress(Broken):
            self._connection.send([ABORTED_BY_US])
        self.is_open = False
        self._connection.reset()
        if self._incoming is not None:
            self._incoming.cut()
            self._incoming = None

    def _say(self, command: bytes, data_set: bytes | memoryview, context_id: int) -> None:
        longest = self.agreement.peer_maximum_length
        pieces = p_data(command, context_id=context_id, control=COMMAND, maximum_length=longest)
        pieces += p_data(data_set, context_id=context_id, control=0, maximum_length=longest)
        self._connection.send(pieces)

    def _answer_to(self, field: int) -> Message:
        """Return the next response; what is reported meanwhile does not put it off."""
        self._deadline = self._connection.deadline()
        while True:
            message, context_id = self._next_message()
            if message.field == field | RESPONSE and message.responded_to == self._message_id:
                return message
            self._serve(message, context_id)

    def _serve(self, message: Message, context_id: int) -> None:
        if message.field & RESPONSE:
            raise Broken(Failure.GARBLED, f"response {message.field:#06x} to no request")
        status = UNRECOGNIZED_OPERATION
        if message.field == N_EVENT_REPORT_RQ:
            status = self._on_report(message, self._syntax_of(context_id))
        elif self._incoming is not None:
            incoming, self._incoming = self._incoming, None
            status, _ = incoming.finish()
            self._deadline = self._connection.deadline()
        self._say(response(message, status), b"", context_id)

    def _syntax_of(self, context_id: int) -> str:
        for context in self.agreement.contexts:
            if context.context_id == context_id:
                return context.transfer_syntax
        raise Broken(Failure.GARBLED, f"presentation context {context_id}")

    def _next_message(self) -> tuple[Message, int]:
        command, data_set = bytearray(), bytearray()
        message: Message | None = None
        while True:
            for context_id, control, part in self._next_fragments():
                if control & COMMAND:
                    command += part
                elif self._incoming is not None:
                    self._incoming.feed([part])
                    earned = self._deadline + len(part) / SLOWEST_BYTES_PER_S
                    self._deadline = min(earned, self._connection.deadline())
                else:
                    data_set += part
                if len(command) > LONGEST or len(data_set) > LARGEST_DATA_SET:
                    raise Broken(Failure.GARBLED, "a message that is too long")
                if control & LAST and control & COMMAND:
                    message = read_command(bytes(command))
                    self._expect(message, context_id)
                if message and control & LAST and message.has_data_set != bool(control & COMMAND):
                    return replace(message, data_set=bytes(data_set)), context_id

    def _expect(self, message: Message, context_id: int) -> None:
        """Let the data set of a C-STORE-RQ go where it is kept, however large it is."""
        stores = message.field == C_STORE_RQ and message.has_data_set
        if stores and self._on_store is not None:
            self._incoming = self._on_store(message, self._syntax_of(context_id))

    def _next_fragments(self) -> Iterator[tuple[int, int, bytes]]:
        kind, body = self._receive()
        if kind == RELEASE_RQ:
            with contextlib.suppress(Broken):
                self._connection.send([RELEASE_REPLY])
            raise Broken(Failure.CLOSED, "released by the peer")
        if kind != P_DATA_TF:
            raise Broken(Failure.GARBLED, f"PDU type {kind:#04x} within an association")
        return fragments(body)

    def _receive(self) -> tuple[int, bytes]:
        kind, body = self._connection.receive(deadline=self._deadline)
        if kind == ABORT:
            raise Broken(Failure.ABORTED)
        return kind, body

    @contextlib.contextmanager
    def _ended_by_failure(self) -> Iterator[None]:
        """Whatever was said half is of no use to a next request: abort, and tell."""
        try:
            yield
        except Broken:
            self.abort()
            raise

    def _end(self) -> None:
        self.is_open = False
        self._connection.close()
