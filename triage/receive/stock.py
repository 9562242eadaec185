"""The association as pynetdicom runs it, guarded: the reference, and the way for the rest."""

import select
import ssl
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import BinaryIO

from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.association import Association, ServiceUser
from pynetdicom.dimse_primitives import C_STORE, N_EVENT_REPORT
from pynetdicom.events import Event
from pynetdicom.transport import AddressInformation, AssociationServer, AssociationSocket

from triage.domain.errors import RejectedInstance
from triage.receive.connection import INSIDE, NEVER, Connection, PeerLeft
from triage.receive.contexts import readable_first
from triage.receive.dataset import CANNOT_UNDERSTAND
from triage.receive.intake import Intake, Visit
from triage.receive.negotiation import report_context, report_role
from triage.receive.pdu import MAXIMUM_LENGTH

OUT_OF_RESOURCES = 0xA700
UNRECOGNIZED_OPERATION = 0x0211
PIECE = 1024 * 1024
_GROUP_LENGTH_AT, _GROUP_LENGTH_END = 140, 144


class GuardedSocket(AssociationSocket):
    """What pynetdicom reads from: first the request that was read already, then bounded PDUs."""

    def __init__(self, association: Association, connection: Connection, request: bytes) -> None:
        super().__init__(association, client_socket=connection.socket)
        self._connection = connection
        self._request = request

    @property
    def ready(self) -> bool:
        """Whether something can be read; pynetdicom's own knows no descriptor above 1023."""
        if self._request or self.socket is None or not self._is_connected:
            return bool(self._request)
        poll = select.poll()
        try:
            poll.register(self.socket, select.POLLIN)
            waits = poll.poll(0)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")  # the connection is closed (PS3.8 9.2.1)
            return False
        return bool(waits) or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0)

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes, or fewer at the end of the connection.

        Raises:
            OSError: the connection broke, or the peer announced more than was negotiated.
        """
        if self._request:
            part, self._request = self._request[:nr_bytes], self._request[nr_bytes:]
            return bytearray(part)
        if nr_bytes > MAXIMUM_LENGTH:
            raise OSError(f"PDU of {nr_bytes} bytes, {MAXIMUM_LENGTH} were negotiated")
        return self._read(nr_bytes)

    def _read(self, count: int) -> bytearray:
        buffer, have, began = bytearray(count), 0, monotonic()
        view = memoryview(buffer)
        while have < count and self.socket is not None:
            self._connection.progressed(began, have)
            received = self.socket.recv_into(view[have:])
            if not received:
                break
            have += received
        self._connection.deadline = NEVER  # between PDUs pynetdicom has a timer of its own
        view.release()
        del buffer[have:]
        return buffer


@contextmanager
def drafts_in(folder: Path) -> Iterator[None]:
    """Let pynetdicom write the data sets of its associations in a folder meanwhile.

    It asks ``tempfile`` for a place, and ``tempfile`` has one for the whole process.
    """
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def serve(
    connection: Connection,
    request: bytes,
    visit: Visit,
    *,
    server: AssociationServer,
    reports: bool = False,
) -> None:
    """Let pynetdicom run an association whose request was read already; return at its end.

    Args:
        connection: the accepted one.
        request: the A-ASSOCIATE-RQ.
        visit: where instances go.
        server: the door.
        reports: whether the requestor is one that reports storage commitment.

    Raises:
        PeerLeft: it ended inside a message, or by us.
    """
    association = Association(server.ae, "acceptor")
    association.set_socket(GuardedSocket(association, connection, request))
    _introduce(association.acceptor, server, reports=reports)
    association.requestor.address_info = AddressInformation(visit.caller.host, 0)
    association.bind(evt.EVT_REQUESTED, _prefer_readable)
    association.bind(evt.EVT_C_STORE, _store, [visit])
    association.bind(evt.EVT_C_ECHO, lambda _event: 0x0000)
    association.bind(evt.EVT_N_EVENT_REPORT, _take_report, [visit])
    connection.deadline = NEVER
    association.start()
    association.join()
    inside = _forget_unfinished(association)
    if inside or connection.shut_because:
        raise PeerLeft(connection.shut_because or INSIDE, inside=inside)


def _introduce(acceptor: ServiceUser, server: AssociationServer, *, reports: bool) -> None:
    acceptor.maximum_length = MAXIMUM_LENGTH
    acceptor.ae_title = server.ae_title
    acceptor.address_info = AddressInformation.from_tuple(server.server_address)
    acceptor.implementation_class_uid = server.ae.implementation_class_uid
    acceptor.implementation_version_name = server.ae.implementation_version_name
    acceptor.supported_contexts = list(server.contexts)
    if reports:
        acceptor.supported_contexts = [*server.contexts, report_context()]
        acceptor.add_negotiation_item(report_role())


def _forget_unfinished(association: Association) -> bool:
    """Remove the files of messages that nobody serves any more; tell whether one was half here."""
    half = association.dimse.message
    left: list[object] = [half]
    with suppress(Empty):
        while True:
            left.append(association.dimse.msg_queue.get_nowait()[1])
    for message in left:
        file = getattr(message, "_data_set_file", None) or getattr(message, "_dataset_file", None)
        if file is not None:
            file.close()
            Path(file.name).unlink(missing_ok=True)
    return half is not None


def _prefer_readable(event: Event) -> None:
    request = event.assoc.requestor.primitive
    for context in [] if request is None else request.presentation_context_definition_list:
        context.transfer_syntax = [*readable_first(context.transfer_syntax)]


def _store(event: Event, visit: Visit) -> Dataset:
    request = event.request
    intake = Intake(
        visit,
        sop_class_uid=str(getattr(request, "AffectedSOPClassUID", "")),
        sop_instance_uid=str(getattr(request, "AffectedSOPInstanceUID", "")),
        transfer_syntax_uid=str(event.context.transfer_syntax),
    )
    path = event.dataset_path if isinstance(request, C_STORE) else None
    if path is None:
        refusal = RejectedInstance(CANNOT_UNDERSTAND, "the C-STORE brought no data set")
        intake.refuse(refusal)
    else:
        try:
            _feed(intake, path)
        except OSError as error:
            sentence = f"temporary file: {error.strerror}"
            intake.refuse(RejectedInstance(OUT_OF_RESOURCES, sentence))
    status, comment = intake.finish()
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:64]
    return answer


def _take_report(event: Event, visit: Visit) -> tuple[int, None]:
    request = event.request
    if visit.reports is None or not isinstance(request, N_EVENT_REPORT):
        return UNRECOGNIZED_OPERATION, None
    information = request.EventInformation
    status = visit.reports.take(
        b"" if information is None else information.getvalue(),
        transfer_syntax_uid=str(event.context.transfer_syntax),
        event_type=int(request.EventTypeID or 0),
        ae_title=visit.caller.ae_title,
    )
    return status, None


def _feed(intake: Intake, path: Path) -> None:
    """Hand on the data set of a Part 10 file that pynetdicom wrote; the file is removed by it."""
    with path.open("rb") as file:
        _skip_meta(file)
        while piece := file.read(PIECE):
            intake.feed([piece])


def _skip_meta(file: BinaryIO) -> None:
    file.seek(_GROUP_LENGTH_AT)
    (length,) = struct.unpack("<I", file.read(_GROUP_LENGTH_END - _GROUP_LENGTH_AT))
    file.seek(_GROUP_LENGTH_END + length)
