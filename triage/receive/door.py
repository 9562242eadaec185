"""The door: accepts connections, counts them, and ends those that wait or dawdle."""

import errno
import select
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from socketserver import BaseRequestHandler
from time import monotonic

import structlog
from pynetdicom import AE
from pynetdicom.events import EventHandlerType
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationServer

from triage.receive.book import Book
from triage.receive.connection import Connection, Limits

PATROL_S = 0.25
DESCRIPTORS_GONE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
MANY_TIMES = 10
STOPS = "the listener stops"

logger = structlog.get_logger(__name__)


class Door(AssociationServer):
    """pynetdicom's server with an accept loop of its own: a thread to a connection, from the start.

    Nothing that a peer does or omits keeps the loop from accepting the next one: the TLS
    handshake and the request are read in the connection's thread.

    Args:
        entity: the application entity; this and the next six are what ``AE.make_server`` passes.
        address: listened on.
        ae_title: own AE title.
        contexts: supported presentation contexts.
        ssl_context: with it every connection begins with a handshake.
        evt_handlers: pynetdicom's.
        request_handler: is made for each connection, and serves it meanwhile.
        listening: a listening socket that does not block; other processes may share it.
        limits: what one peer may cost.
        book: where the turned away are written.
    """

    def __init__(
        self,
        entity: AE,
        address: tuple[str, int],
        ae_title: str,
        contexts: list[PresentationContext],
        ssl_context: ssl.SSLContext | None,
        *,
        evt_handlers: list[EventHandlerType],
        request_handler: Callable[..., BaseRequestHandler],
        listening: socket.socket,
        limits: Limits,
        book: Book,
    ) -> None:
        self.limits = limits
        self.book = book
        self._listening = listening
        self._receive = request_handler
        self._lock = threading.Lock()
        self._connections: dict[Connection, None] = {}  # in the order of their arrival
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self.serve_forever, name="door", daemon=True),
            threading.Thread(target=self._patrol, name="patrol", daemon=True),
        ]
        super().__init__(
            entity, address, ae_title, contexts, ssl_context, evt_handlers, request_handler
        )

    def open(self) -> None:
        """Begin to accept."""
        for thread in self._threads:
            thread.start()

    def server_bind(self) -> None:
        """Take the socket that listens already, in place of the one that was just made."""
        made: socket.socket | None = self.socket
        if made is not None:
            made.close()
        self.socket = self._listening
        self.server_address = self._listening.getsockname()

    def server_activate(self) -> None:
        """It listens already."""

    def serve_forever(self, poll_interval: float = PATROL_S) -> None:
        """Accept until told to stop."""
        with select.epoll() as poll:
            # Of the processes that share the socket one wakes for a caller, not all.
            poll.register(self._listening, select.EPOLLIN | select.EPOLLEXCLUSIVE)
            while not self._stopping.is_set():
                if poll.poll(poll_interval):
                    self._accept_one()

    def admit(self, connection: Connection) -> bool:
        """Count a connection as an association; ``False`` where there are too many."""
        with self._lock:
            # One that was ended makes way at once, however long its thread takes to notice.
            associated = sum(
                other.associated and not other.shut_because for other in self._connections
            )
            connection.associated = associated < self.limits.most_associations
            return connection.associated

    def stop(self, *, grace_s: float) -> None:
        """Accept nobody more; end who waits or rests at once, and who stores after a while."""
        self._stopping.set()
        self._threads[0].join()
        self._listening.close()
        end, pause = monotonic() + grace_s, threading.Event()
        while connections := self._open():
            late = monotonic() >= end
            for connection in connections:
                if connection.associated and (late or connection.resting):
                    connection.abort(STOPS)
                elif not connection.associated:
                    connection.shut(STOPS)
            if late:
                break
            pause.wait(0.02)
        self._threads[1].join()
        self.book.tell_counted(all_of_them=True)

    def _open(self) -> list[Connection]:
        with self._lock:
            return list(self._connections)

    def _accept_one(self) -> None:
        try:
            accepted, address = self._listening.accept()
        except BlockingIOError:  # another process was faster
            return
        except OSError as error:
            if error.errno in DESCRIPTORS_GONE:
                logger.error("cannot accept", reason=error.strerror)
                self._stopping.wait(PATROL_S)  # the caller waits in the backlog
            return
        accepted.settimeout(None)
        connection = Connection(accepted, str(address[0]), limits=self.limits)
        self._make_way_for(connection)
        visit = partial(self._visited, connection, address)
        try:
            threading.Thread(target=visit, name="connection", daemon=True).start()
        except RuntimeError:  # no more threads
            logger.error("cannot serve a connection", host=connection.host)
            self._forget(connection)

    def _make_way_for(self, connection: Connection) -> None:
        """Note a connection; of too many that only wait, the oldest of its host gives way."""
        limits = self.limits
        with self._lock:
            waiting = [
                other
                for other in self._connections
                if other.host == connection.host and not other.associated
            ]
            self._connections[connection] = None
        if len(waiting) < limits.most_waiting:
            return
        oldest = waiting[0]
        is_old = connection.since - oldest.since >= limits.patience_s
        if is_old or len(waiting) >= MANY_TIMES * limits.most_waiting:
            oldest.shut(f"more than {limits.most_waiting} connections of one host wait")
            with self._lock:
                self._connections.pop(oldest, None)

    def _visited(self, connection: Connection, address: tuple[str, int]) -> None:
        try:
            # A handler does everything when it is made; ours wants more than the bare socket.
            self._receive(connection, address, self)
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            self._connections.pop(connection, None)
        connection.close()

    def _patrol(self) -> None:
        while not self._stopping.wait(PATROL_S):
            now = monotonic()
            for connection in self._open():
                if connection.deadline < now:
                    self._end(connection)
            self.book.tell_counted()

    def _end(self, connection: Connection) -> None:
        if connection.associated:
            connection.abort("nothing, or too little, came in time")
        else:
            limit = self.limits.association_timeout_s
            connection.shut(f"no association within {limit:g} s")
