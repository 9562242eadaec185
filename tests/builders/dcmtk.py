"""DCMTK's storescp, as it comes."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.builders.certificates import Papers
from tests.builders.free_port import free_port
from tests.builders.waiting import wait_until
from triage.domain.study import Peer


@contextmanager
def running_storescp(folder: Path, *, tls: Papers | None = None) -> Iterator[Peer]:
    """Run storescp, which writes into the folder; with papers it wants those of who calls."""
    peer = Peer("STORESCP", "127.0.0.1", free_port())
    secured = (
        []
        if tls is None
        else ["+tls", str(tls.key), str(tls.certificate), "+cf", str(tls.authorities)]
    )
    with _running(peer, "storescp", *secured, "-od", str(folder), str(peer.port)):
        yield peer


@contextmanager
def _running(peer: Peer, *command: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            wait_until(lambda: _answers(peer))
            yield
        finally:
            process.terminate()


def _answers(peer: Peer) -> bool:
    with suppress(OSError), socket.create_connection((peer.host, peer.port), timeout=1):
        return True
    return False
