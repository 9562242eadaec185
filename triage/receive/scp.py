"""The Storage and Verification SCP, put together and put to an end."""

import socket
import ssl
from functools import partial
from typing import cast

from pynetdicom import AE, _config, build_context

from triage.receive.admission import Admission
from triage.receive.book import Book
from triage.receive.connection import Limits
from triage.receive.contexts import VERIFICATION
from triage.receive.door import Door
from triage.receive.keeper import Keeper, Reports
from triage.receive.pdu import MAXIMUM_LENGTH
from triage.receive.streaming import DataPhase
from triage.receive.visitor import Serving, Visitor


class StorageSCP:
    """A Storage SCP that accepts from a socket that listens already.

    Args:
        listening: a listening socket that does not block; it is closed at the end.
        ae_title: own AE title.
        keeper: where instances go.
        admission: who may associate.
        limits: what one peer may cost.
        tls: with it every connection begins with a handshake.
        data_phase: our own; ``None`` leaves each association to pynetdicom.
        book: where the turned away are written.
        reports: takes reports of storage commitment; without it that service is not accepted.
    """

    def __init__(
        self,
        listening: socket.socket,
        *,
        ae_title: str,
        keeper: Keeper,
        admission: Admission,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        data_phase: Serving | None = DataPhase,
        book: Book | None = None,
        reports: Reports | None = None,
    ) -> None:
        # A private storage class that the standard does not know is storage all the same.
        _config.UNRESTRICTED_STORAGE_SERVICE = True
        _config.STORE_RECV_CHUNKED_DATASET = True  # never a whole object in memory
        _config.LOG_HANDLER_LEVEL = "none"  # its handlers print identifiers, and cost 13 %
        limits = limits or Limits()
        entity = AE(ae_title)
        entity.network_timeout = limits.idle_timeout_s
        entity.maximum_associations = limits.most_associations
        entity.maximum_pdu_size = MAXIMUM_LENGTH
        door = entity.make_server(
            listening.getsockname(),
            contexts=[build_context(VERIFICATION)],
            ssl_context=tls,
            server_class=Door,
            request_handler=partial(
                Visitor,
                keeper=keeper,
                admission=admission,
                data_phase=data_phase,
                reports=reports,
            ),
            listening=listening,
            limits=limits,
            book=book or Book(keeper),
        )
        self._door = cast("Door", door)
        self._door.open()

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self._door.server_address[1])

    def stop(self, *, grace_s: float) -> None:
        """Accept nobody more, let instances on their way end within ``grace_s``, abort the rest."""
        self._door.stop(grace_s=grace_s)
