"""A listener process: keeps what is received, and nothing else."""

import contextlib
import resource
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from triage.daemon.child import Ready
from triage.daemon.door_log import DoorLog
from triage.daemon.ledger import OUT_OF_RESOURCES, Ledger
from triage.daemon.reports import Reports
from triage.daemon.room import GB, Room
from triage.database.engine import LISTENER, Engine, open_engine
from triage.database.receipts import Receipt
from triage.domain.door import Refused
from triage.domain.errors import RejectedInstance
from triage.receive.admission import Admission
from triage.receive.arrival import Arrival
from triage.receive.connection import Limits
from triage.receive.keeper import Keeper
from triage.receive.keeper import Reports as TakesReports
from triage.receive.scp import StorageSCP
from triage.receive.stock import drafts_in
from triage.receive.streaming import DataPhase
from triage.settings import Settings, Tls
from triage.settings.tls import server_context
from triage.spool import Spool, Unfinished

DRAIN_S, SETTLE_S = 20.0, 3.0
LOOK_EVERY_BYTES = 4 * 1024 * 1024
"""So much of a film is written between two looks at the disks: it may be larger than a reserve."""

logger = structlog.get_logger(__name__)


class DurableKeeper:
    """Keeps instances in the spool and the database, in the order of the first promise.

    The file is synced and linked before its rows are committed, and both before the caller
    answers 0x0000. What fails on the way is answered 0xA700, and the sender keeps its film.

    Args:
        spool: where files go.
        ledger: commits the rows.
        room: says whether there is room for one more film.
        door: where it is written who was turned away.
    """

    def __init__(self, spool: Spool, *, ledger: Ledger, room: Room, door: DoorLog) -> None:
        self._spool = spool
        self._ledger = ledger
        self._room = room
        self._door = door

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        """Note an association that is about to store; it gets its row with its first film."""
        return self._ledger.open(calling_ae_title=calling_ae_title, host=host)

    def closed(self, association_id: int) -> None:
        """Note that an association ended; if that fails, its studies wait the longest time."""
        self._ledger.close(association_id)

    def settle(self) -> None:
        """Write down at once which associations have ended, and who was turned away."""
        self._ledger.settle()
        self._door.settle(within_s=SETTLE_S)

    def draft(self) -> "DurableDraft":
        """Begin an instance."""
        self._room.check()
        with _out_of_resources():
            return DurableDraft(self._ledger, self._spool.begin(), self._room)

    def refused(self, refused: Refused) -> None:
        """Record what was turned away; the log has it even where the database is away."""
        self._door.write(refused)


class DurableDraft:
    """One instance on its way into the spool and the database."""

    def __init__(self, ledger: Ledger, file: Unfinished, room: Room) -> None:
        self._ledger = ledger
        self._file = file
        self._room = room
        self._look_at = LOOK_EVERY_BYTES

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append to the file, while there is room on the disks."""
        with _out_of_resources():
            self._file.write(pieces)
        if self._file.bytes >= self._look_at:
            self._look_at = self._file.bytes + LOOK_EVERY_BYTES
            self._room.check_disks()

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        """Name the file durably, then commit its rows."""
        with _out_of_resources():
            digest = self._file.keep()
        receipt = Receipt(
            sop_instance_uid=arrival.sop_instance_uid,
            sop_class_uid=arrival.sop_class_uid,
            study_uid=arrival.study_uid,
            series_uid=arrival.series_uid,
            modality=arrival.modality,
            transfer_syntax_uid=arrival.transfer_syntax_uid,
            digest=digest,
            bytes=self._file.bytes,
        )
        return self._ledger.commit(receipt, association_id=association_id)

    def discard(self) -> None:
        """Drop the file."""
        self._file.discard()


def durable_keeper(engine: Engine, settings: Settings, *, listener: str) -> DurableKeeper:
    """Put a keeper together."""
    spool = Spool(settings.data.folder / "spool")
    room = Room(
        engine,
        spool.folder,
        reserve_bytes=int(settings.spool.reserve_gb * GB),
        longest_queue=settings.listener.longest_queue,
    )
    ledger = Ledger(engine, listener=listener)
    return DurableKeeper(spool, ledger=ledger, room=room, door=DoorLog(engine, listener=listener))


def run(
    settings: Settings, *, stop: threading.Event, ready: Ready, listening: int, number: int
) -> None:
    """Listen until told to stop, then let instances on their way finish.

    Args:
        settings: of the whole daemon.
        stop: set it to end.
        ready: is told when films are taken.
        listening: the descriptor of the socket that all listener processes share.
        number: of this process among them.

    Raises:
        ConfigurationError: the spool or a TLS file cannot be used.
    """
    _allow_many_descriptors()
    engine = open_engine(settings.database_url, LISTENER)
    name = listener_name(settings, number)
    # pynetdicom names its drafts so that the sweep of the spool knows them.
    with drafts_in(settings.data.folder / "spool"):
        keeper = durable_keeper(engine, settings, listener=name)
        keeper.settle()  # a database that is away now is waited for: films are answered "not now"
        scp = storage_scp(
            settings, keeper, listening=socket.socket(fileno=listening), reports=Reports(engine)
        )
        logger.info("listening", ae_title=settings.listener.ae_title, port=scp.port)
        ready({})
        stop.wait()
        scp.stop(grace_s=DRAIN_S)
        keeper.settle()


def storage_scp(
    settings: Settings, keeper: Keeper, *, listening: socket.socket, reports: TakesReports
) -> StorageSCP:
    """Put a listener together as the settings say, on a socket that listens already.

    Raises:
        ConfigurationError: a TLS file cannot be used.
    """
    choice = settings.listener
    return StorageSCP(
        listening,
        ae_title=choice.ae_title,
        keeper=keeper,
        admission=Admission(
            ((peer.ae_title, peer.host) for peer in choice.allowed), called=choice.called
        ),
        limits=Limits(
            association_timeout_s=choice.association_timeout_s,
            idle_timeout_s=choice.idle_timeout_s,
        ),
        tls=_tls(settings.tls) if choice.tls else None,
        data_phase=DataPhase if choice.data_phase == "streaming" else None,
        reports=reports,
    )


def _tls(choice: Tls) -> ssl.SSLContext | None:
    """Make the context where the settings name files; they name all three or none."""
    if choice.certificate is None or choice.key is None or choice.authorities is None:
        return None
    return server_context(
        certificate=choice.certificate, key=choice.key, authorities=choice.authorities
    )


def listener_name(settings: Settings, number: int) -> str:
    """Name a listener process for good, so that a new one knows what the old one left."""
    return f"{socket.gethostname()}:{settings.data.folder}#{number}"


def _allow_many_descriptors() -> None:
    """Two a connection: the usual 1024 would end before the limits that are told in words."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def _out_of_resources() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RejectedInstance(OUT_OF_RESOURCES, f"spool: {error.strerror}") from error
