"""The listener process: keeps what is received, and nothing else."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from triage.daemon.child import Ready
from triage.database import receipts
from triage.database.engine import DatabaseError, Engine, database_time, open_engine
from triage.domain.errors import RejectedInstance
from triage.domain.study import Peer
from triage.receive.admission import Admission
from triage.receive.arrival import Arrival
from triage.receive.scp import StorageSCP
from triage.settings import Settings
from triage.spool import Spool

OUT_OF_RESOURCES = 0xA700
DRAIN_S = 20.0

logger = structlog.get_logger(__name__)


class DurableKeeper:
    """Keeps instances in the spool and the database, in the order of the first promise.

    The file is synced and linked before its rows are committed, and both before the caller
    answers 0x0000. What fails on the way is answered 0xA700, and the sender keeps its film.
    """

    def __init__(self, engine: Engine, spool: Spool, *, listener: str) -> None:
        self._engine = engine
        self._spool = spool
        self._listener = listener

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        """Note an association that is about to store."""
        with _or_out_of_resources(), self._engine.begin() as connection:
            return receipts.open_association(
                connection,
                listener=self._listener,
                calling_ae_title=calling_ae_title,
                host=host,
                now=database_time(connection),
            )

    def closed(self, association_id: int) -> None:
        """Note that an association ended; if that fails, its studies wait the longest time."""
        try:
            with self._engine.begin() as connection:
                now = database_time(connection)
                receipts.close_association(connection, association_id, now=now)
        except DatabaseError as error:
            logger.error("association not closed in the database", reason=type(error).__name__)

    def keep(self, arrival: Arrival, file: Iterable[bytes], *, association_id: int) -> bool:
        """Keep one instance durably; ``False`` where it was here already."""
        with _or_out_of_resources():
            chunks = list(file)
            receipt = receipts.Receipt(
                sop_instance_uid=arrival.sop_instance_uid,
                sop_class_uid=arrival.sop_class_uid,
                study_uid=arrival.study_uid,
                series_uid=arrival.series_uid,
                modality=arrival.modality,
                transfer_syntax_uid=arrival.transfer_syntax_uid,
                digest=self._spool.write(chunks),
                bytes=sum(len(chunk) for chunk in chunks),
            )
            with self._engine.begin() as connection:
                now = database_time(connection)
                return receipts.record_receipt(
                    connection, receipt, association_id=association_id, now=now
                )

    def refused(
        self, *, calling_ae_title: str, host: str, status: int | None, sentence: str
    ) -> None:
        """Record what was turned away; the log has it even where the database is away."""
        try:
            with self._engine.begin() as connection:
                receipts.record_refusal(
                    connection,
                    listener=self._listener,
                    calling_ae_title=calling_ae_title,
                    host=host,
                    status=status,
                    sentence=sentence,
                    now=database_time(connection),
                )
        except DatabaseError as error:
            logger.error("refusal not recorded in the database", reason=type(error).__name__)


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Listen until told to stop, then let open associations finish.

    Raises:
        ConfigurationError: the spool cannot be used.
        BusyError: somebody else listens on the port.
    """
    choice = settings.listener
    engine = open_engine(settings.database_url)
    spool = Spool(settings.data.folder / "spool")
    name = f"{socket.gethostname()}:{settings.data.folder}"
    with engine.begin() as connection:
        receipts.close_abandoned(connection, listener=name, now=database_time(connection))
    scp = StorageSCP(
        Peer(choice.ae_title, choice.host, choice.port),
        keeper=DurableKeeper(engine, spool, listener=name),
        admission=Admission(frozenset((peer.ae_title, peer.host) for peer in choice.allowed)),
    )
    logger.info("listening", ae_title=choice.ae_title, host=choice.host, port=scp.port)
    ready({"port": scp.port})
    stop.wait()
    scp.stop(grace_s=DRAIN_S)


@contextmanager
def _or_out_of_resources() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RejectedInstance(OUT_OF_RESOURCES, f"spool: {error.strerror}") from error
    except DatabaseError as error:
        raise RejectedInstance(
            OUT_OF_RESOURCES, f"database: {type(error.orig).__name__}"
        ) from error
