"""DCMTK's storescp and dcmqrscp, as they come."""

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
def running_archive(folder: Path, *modalities: Peer) -> Iterator[Peer]:
    """Run dcmqrscp with one storage area; it moves to the modalities by their titles."""
    peer = Peer("PACS", "127.0.0.1", free_port())
    (folder / "db").mkdir()
    known = [f"h{one.port} = ({one.ae_title}, {one.host}, {one.port})\n" for one in modalities]
    config = folder / "dcmqrscp.cfg"
    config.write_text(
        f"NetworkTCPPort = {peer.port}\nMaxPDUSize = 65536\nMaxAssociations = 16\n"
        f"HostTable BEGIN\n{''.join(known)}HostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nPACS {folder / 'db'} RW (100, 100mb) ANY\nAETable END\n"
    )
    with _running(peer, "dcmqrscp", "-c", str(config)):
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
