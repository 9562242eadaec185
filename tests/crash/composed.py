"""A listener with faulty or unguarded parts, put together as the real one is."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socket
from typing import Any

from tests.crash.parts import (
    CarelessSpool,
    ForgetfulSpool,
    HastyLedger,
    RawKeeper,
    UnsyncedSpool,
    lazy_engine,
    open_visible,
)
from tests.crash.points import DyingLedger, DyingSpool, Point, dying_engine, dying_socket
from triage.daemon.child import Ready
from triage.daemon.door_log import DoorLog
from triage.daemon.ledger import Ledger
from triage.daemon.listener import DRAIN_S, DurableKeeper, run
from triage.daemon.logs import configure_logs
from triage.daemon.room import Room
from triage.daemon.signals import stopped_by
from triage.database.engine import LISTENER, Engine, open_engine
from triage.receive.admission import Admission
from triage.receive.scp import StorageSCP
from triage.settings import Settings
from triage.spool import Spool


def _as_it_is(listening: socket) -> socket:
    return listening


def _listeners_engine(url: str) -> Engine:
    return open_engine(url, LISTENER)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a listener is made of."""

    engine: Callable[[str], Engine] = _listeners_engine
    spool: Callable[[Path], Spool] = Spool
    ledger: Callable[..., Ledger] = Ledger
    keeper: Callable[..., DurableKeeper] = DurableKeeper
    door: Callable[[socket], socket] = _as_it_is
    grace_s: float = DRAIN_S
    file_too_large: signal.Handlers = signal.SIG_IGN


PRODUCT = "product"
"""The word for the product's own listener, with nothing composed at all."""

CHOICES: dict[str, dict[str, Any]] = {
    "guarded": {},
    "hasty": {"ledger": HastyLedger},
    "unsynced": {"spool": UnsyncedSpool},
    "visible": {"spool": partial(Spool, open_file=open_visible)},
    "careless": {"spool": CarelessSpool},
    "forgetful": {"spool": ForgetfulSpool},
    "lazy": {"engine": lazy_engine},
    "raw": {"keeper": RawKeeper},
    "unhurried": {"engine": open_engine},
    "graceless": {"grace_s": 0.0},
    "fragile": {"file_too_large": signal.SIG_DFL},
    Point.BEFORE_COMMIT: {"engine": dying_engine},
    Point.AFTER_COMMIT: {"ledger": DyingLedger},
    **{
        point: {"spool": partial(DyingSpool, at=point)}
        for point in (Point.RECEIVING, Point.BEFORE_FSYNC, Point.AFTER_FSYNC, Point.AFTER_LINK)
    },
    **{
        point: {"door": partial(dying_socket, at=point)}
        for point in (Point.BEFORE_RESPONSE, Point.AFTER_RESPONSE)
    },
}


def main(
    words: Sequence[str],
    settings: Settings,
    *,
    listening: socket,
    number: int,
    line: "Connection[Any, Any]",
    log: Path,
) -> None:
    """Listen until SIGTERM, or until nobody holds the other end of the line.

    Args:
        words: the choices.
        settings: of the whole daemon.
        listening: the socket that listens.
        number: of this process among the listeners.
        line: is told when films are taken.
        log: where standard error goes.
    """
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    configure_logs()
    stop = stopped_by(signal.SIGTERM)
    threading.Thread(target=_end_with_test, args=(line,), daemon=True).start()

    def ready(_facts: dict[str, object]) -> None:
        line.send("ready")

    if PRODUCT in words:
        run(settings, stop=stop, ready=ready, listening=listening.detach(), number=number)
    else:
        _run(_chosen(words), settings, stop=stop, ready=ready, listening=listening)


def _chosen(words: Sequence[str]) -> Parts:
    parts = Parts()
    for word in words:
        parts = replace(parts, **CHOICES[word])
    return parts


def _run(
    parts: Parts, settings: Settings, *, stop: threading.Event, ready: Ready, listening: socket
) -> None:
    signal.signal(signal.SIGXFSZ, parts.file_too_large)
    engine = parts.engine(settings.database_url)
    spool = parts.spool(settings.data.folder / "spool")
    room = Room(engine, spool.folder, reserve_bytes=0, longest_queue=10**9)
    ledger = parts.ledger(engine, listener="composed")
    log = DoorLog(engine, listener="composed")
    keeper = parts.keeper(spool, ledger=ledger, room=room, door=log)
    scp = StorageSCP(parts.door(listening), ae_title="TRIAGE", keeper=keeper, admission=Admission())
    ready({})
    stop.wait()
    scp.stop(grace_s=parts.grace_s)


def _end_with_test(line: "Connection[Any, Any]") -> None:
    with suppress(EOFError):
        line.recv()
    os._exit(70)
