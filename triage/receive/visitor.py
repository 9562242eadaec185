"""What happens to one connection, from its first byte to its last."""

import contextlib
import ssl
from collections.abc import Callable

import structlog
from pynetdicom.transport import RequestHandler

from triage.domain.door import DoorCode, Refused
from triage.domain.errors import place_of
from triage.receive import stock
from triage.receive.admission import Admission
from triage.receive.connection import Connection, NoRequest, PeerLeft, no_delay
from triage.receive.door import STOPS, Door
from triage.receive.intake import Caller, Visit
from triage.receive.keeper import Keeper, Reports
from triage.receive.negotiation import Agreement, Unsupported, negotiate, titles
from triage.receive.pdu import LOCAL_LIMIT_EXCEEDED, ProtocolError, Rejection
from triage.receive.streaming import DataPhase
from triage.settings.tls import words_of

LINGER_S = 5.0

Serving = Callable[[Connection, Agreement, Visit], DataPhase]
"""Begins the data phase of an accepted association; ``DataPhase`` is one."""

logger = structlog.get_logger(__name__)


class Visitor(RequestHandler):
    """One connection: handshake, request, admission, negotiation, data phase.

    Args:
        connection: the accepted connection.
        address: where it comes from.
        server: the door.
        keeper: where instances go.
        admission: who may associate.
        data_phase: of storage; ``None`` leaves it to pynetdicom, as all the rest.
        reports: takes reports of storage commitment.
    """

    server: Door

    def __init__(
        self,
        connection: Connection,
        address: tuple[str, int],
        server: Door,
        *,
        keeper: Keeper,
        admission: Admission,
        data_phase: Serving | None,
        reports: Reports | None = None,
    ) -> None:
        self._connection = connection
        self._keeper = keeper
        self._admission = admission
        self._data_phase = data_phase
        self._reports = reports
        self._caller = Caller("", connection.host)
        self._called = ""
        super().__init__(connection.socket, address, server)

    def handle(self) -> None:
        """Serve the connection until it ends; the door closes it."""
        connection = self._connection
        no_delay(connection.socket)
        try:
            if self.server.ssl_context is not None:
                connection.secure(self.server.ssl_context)
            self._associate(connection.read_request())
        except ssl.SSLError as error:
            code = DoorCode.PROTOCOL if connection.associated else DoorCode.TLS
            self._turn_away(code, connection.shut_because or words_of(error))
            connection.wait_for_end(LINGER_S)  # the alert that tells the peer why is on its way
        except NoRequest as error:
            self._turn_away(DoorCode.STRANGE, str(error))
        except ProtocolError as error:
            with contextlib.suppress(OSError):
                connection.socket.sendall(error.encode())
            self._turn_away(DoorCode.PROTOCOL, str(error))
            connection.wait_for_end(LINGER_S)
        except PeerLeft as error:
            if connection.shut_because or error.inside:
                self._turn_away(DoorCode.PROTOCOL, str(error))
        except OSError as error:
            because = connection.shut_because or f"connection broken ({error.strerror})"
            code = DoorCode.PROTOCOL if connection.associated else DoorCode.STRANGE
            self._turn_away(code, because)
        except Exception as error:  # the connection's outermost place: its thread ends here
            logger.error("unexpected error", host=connection.host, reason=place_of(error))
            connection.abort(f"unexpected {type(error).__name__}")
            self._turn_away(DoorCode.PROTOCOL, connection.shut_because)

    def _associate(self, request: bytes) -> None:
        calling, self._called = titles(request)
        self._caller = Caller(calling, self._connection.host)
        objection = self._admission.objection(
            calling=calling, called=self._called, host=self._connection.host
        )
        if objection is not None:
            self._reject(objection.rejection, objection.code, objection.sentence)
            return
        try:
            agreement = negotiate(request, takes_reports=self._reports is not None)
        except Unsupported as unsupported:
            self._reject(unsupported.rejection, DoorCode.PROTOCOL, str(unsupported))
            return
        if not self.server.admit(self._connection):
            limit = self.server.limits.most_associations
            self._reject(
                LOCAL_LIMIT_EXCEEDED, DoorCode.CROWD, f"{limit} associations are open already"
            )
            return
        self._serve(request, agreement)

    def _serve(self, request: bytes, agreement: Agreement) -> None:
        visit = Visit(self._keeper, self._caller, self._reports)
        try:
            if self._data_phase is not None and agreement.storage_only:
                self._connection.socket.sendall(agreement.accept)
                self._data_phase(self._connection, agreement, visit).serve()
            else:
                reports = bool(agreement.report_contexts)
                stock.serve(self._connection, request, visit, server=self.server, reports=reports)
        finally:
            visit.end()
        self._connection.wait_for_end(LINGER_S)

    def _reject(self, rejection: Rejection, code: DoorCode, sentence: str) -> None:
        self._connection.socket.sendall(rejection.encode())
        self._turn_away(code, sentence)
        self._connection.wait_for_end(LINGER_S)

    def _turn_away(self, code: DoorCode, sentence: str) -> None:
        if sentence == STOPS:  # nobody's fault
            return
        self.server.book.write(
            Refused(
                code,
                self._caller.host,
                sentence,
                calling_ae_title=self._caller.ae_title,
                called_ae_title=self._called,
            )
        )
