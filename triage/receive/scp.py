"""The Storage and Verification SCP: associations, answers, and an orderly end."""

import contextlib
import socket
import threading
from collections.abc import Iterable
from typing import Protocol

import structlog
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event, EventHandlerType
from pynetdicom.transport import ThreadedAssociationServer

from triage.domain.errors import BusyError, RejectedInstance
from triage.domain.study import Peer
from triage.receive.admission import Admission, readable_first, storage_contexts
from triage.receive.arrival import Arrival, inspect, part10_header
from triage.receive.dataset import CANNOT_UNDERSTAND

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
MOST_ASSOCIATIONS = 200
MAXIMUM_PDU_LENGTH = 131_072
REJECTED_PERMANENT, BY_SERVICE_USER, CALLING_AE_NOT_RECOGNIZED = 1, 1, 3

logger = structlog.get_logger(__name__)


class Keeper(Protocol):
    """Where received instances go; every method may raise ``RejectedInstance``."""

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        """Note an association that is about to store, and return its number."""

    def closed(self, association_id: int) -> None:
        """Note that it has ended."""

    def keep(self, arrival: Arrival, file: Iterable[bytes], *, association_id: int) -> bool:
        """Keep a Part 10 file durably; ``False`` where it was here already."""

    def refused(
        self, *, calling_ae_title: str, host: str, status: int | None, sentence: str
    ) -> None:
        """Record that an instance, or without a status an association, was turned away."""


class StorageSCP:
    """A listening Storage SCP.

    Args:
        peer: own AE title and the address to listen on; port 0 takes a free one.
        keeper: where instances go.
        admission: who may associate.

    Raises:
        BusyError: somebody else listens on the port.
    """

    def __init__(self, peer: Peer, *, keeper: Keeper, admission: Admission) -> None:
        self._keeper = keeper
        self._admission = admission
        self._visits: dict[Association, int] = {}
        self._lock = threading.Lock()
        # A private storage class that the standard does not know is storage all the same.
        _config.UNRESTRICTED_STORAGE_SERVICE = True
        _config.LOG_HANDLER_LEVEL = "none"  # its handlers print identifiers, and cost 13 %
        self._ae = self._application_entity(peer.ae_title)
        self._server = self._listen(peer)

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self._server.server_address[1])

    def stop(self, *, grace_s: float) -> None:
        """Accept nobody more, let open associations end within ``grace_s``, abort the rest."""
        self._server.shutdown()
        waiting = threading.Event()
        step_s = 0.05
        for _ in range(int(grace_s / step_s)):
            if not any(association.is_established for association in self._open()):
                break
            waiting.wait(step_s)
        for association in self._open():
            if association.is_established:
                association.abort()
            elif (connection := association.dul.socket) is not None:
                connection.close()  # whoever has asked for nothing is owed no answer
        self._server.server_close()

    def _open(self) -> list[Association]:
        return list(self._server.active_associations)

    def _application_entity(self, ae_title: str) -> AE:
        entity = AE(ae_title)
        entity.maximum_associations = MOST_ASSOCIATIONS
        entity.maximum_pdu_size = MAXIMUM_PDU_LENGTH
        entity.require_called_aet = False
        entity.supported_contexts = storage_contexts()
        return entity

    def _listen(self, peer: Peer) -> ThreadedAssociationServer:
        handlers: list[EventHandlerType] = [
            (evt.EVT_CONN_OPEN, self._connected),
            (evt.EVT_CONN_CLOSE, self._closed),
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_C_STORE, self._store),
        ]
        try:
            server = self._ae.start_server(
                (peer.host, peer.port), block=False, evt_handlers=handlers
            )
        except OSError as error:
            raise BusyError(f"listen on {peer.host}:{peer.port}: {error.strerror}") from error
        if server is None:
            raise BusyError(f"listen on {peer.host}:{peer.port}: no server was started")
        return server

    def _connected(self, event: Event) -> None:
        connection = event.assoc.dul.socket
        if connection is not None and connection.socket is not None:
            with contextlib.suppress(OSError):
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _requested(self, event: Event) -> None:
        request = event.assoc.requestor.primitive
        for context in [] if request is None else request.presentation_context_definition_list:
            context.transfer_syntax = [*readable_first(context.transfer_syntax)]
        if self._admission.admits(*_caller(event)):
            return
        self._turn_away(event, "calling AE title and host are not in listener.allowed")
        event.assoc.acse.send_reject(REJECTED_PERMANENT, BY_SERVICE_USER, CALLING_AE_NOT_RECOGNIZED)
        event.assoc.kill()  # it returns when the answer has gone out; else an abort overtakes it

    def _store(self, event: Event) -> int:
        """Answer 0x0000 only for what is kept; the association survives a refused object."""
        try:
            self._take(event)
        except RejectedInstance as rejection:
            return self._refuse(event, rejection)
        except Exception as error:  # the one place of this process: the sender keeps its film
            sentence = f"unexpected {type(error).__name__}"
            return self._refuse(event, RejectedInstance(PROCESSING_FAILURE, sentence))
        finally:
            if not event.assoc.is_established:  # it ended while its instance was being kept
                self._left(event)
        return SUCCESS

    def _refuse(self, event: Event, rejection: RejectedInstance) -> int:
        ae_title, host = _caller(event)
        status, sentence = rejection.status, str(rejection)
        logger.warning(
            "instance refused",
            calling=ae_title,
            host=host,
            status=f"{status:#06x}",
            reason=sentence,
        )
        self._keeper.refused(calling_ae_title=ae_title, host=host, status=status, sentence=sentence)
        return status

    def _take(self, event: Event) -> None:
        request = event.request
        if not isinstance(request, C_STORE) or request.DataSet is None:
            raise RejectedInstance(CANNOT_UNDERSTAND, "the C-STORE brought no data set")
        encoded = request.DataSet.getvalue()
        arrival = inspect(
            encoded,
            sop_class_uid=str(request.AffectedSOPClassUID),
            sop_instance_uid=str(request.AffectedSOPInstanceUID),
            transfer_syntax_uid=str(event.context.transfer_syntax),
        )
        association_id = self._visit(event)
        new = self._keeper.keep(
            arrival, (part10_header(arrival), encoded), association_id=association_id
        )
        logger.info(
            "instance kept" if new else "instance was here already",
            instance=arrival.sop_instance_uid,
            study=arrival.study_uid,
            bytes=len(encoded),
        )

    def _visit(self, event: Event) -> int:
        known = self._visits.get(event.assoc)
        if known is not None:
            return known
        ae_title, host = _caller(event)
        number = self._keeper.opened(calling_ae_title=ae_title, host=host)
        with self._lock:
            self._visits[event.assoc] = number
        return number

    def _closed(self, event: Event) -> None:
        if event.assoc.requestor.primitive is None:
            self._turn_away(event, "the connection was closed before an association")
        self._left(event)

    def _turn_away(self, event: Event, sentence: str) -> None:
        ae_title, host = _caller(event)
        logger.warning("association refused", calling=ae_title, host=host, reason=sentence)
        self._keeper.refused(calling_ae_title=ae_title, host=host, status=None, sentence=sentence)

    def _left(self, event: Event) -> None:
        with self._lock:
            number = self._visits.pop(event.assoc, None)
        if number is not None:
            self._keeper.closed(number)


def _caller(event: Event) -> tuple[str, str]:
    """Name who calls; ``requestor.ae_title`` is still empty when an association is requested."""
    requestor = event.assoc.requestor
    request = requestor.primitive
    title = "" if request is None else str(request.calling_ae_title)
    shown = "".join(char if char.isprintable() else "?" for char in title)
    return shown.strip(), str(requestor.address)
