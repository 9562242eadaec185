"""Other people's receivers, started as they are meant to be and as they come."""

import contextlib
import json
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.receiver import Receiver, Running, free_ports, serving, with_children
from triage.domain.study import Peer

TUNED = {"TCP_NODELAY": "1"}
"""DCMTK leaves Nagle's algorithm on unless it is told otherwise."""

FASTEST = ("--fork", "+B", "-pdu", "131072")


def storescp(*, tuned: bool) -> Receiver:
    """DCMTK's storescp; it never syncs a file."""
    return Receiver("storescp", partial(_storescp, tuned=tuned))


def orthanc(*, tuned: bool) -> Receiver:
    """Orthanc, durable as it comes: it syncs each file."""
    return Receiver("orthanc", partial(_orthanc, tuned=tuned))


def pynetdicom() -> Receiver:
    """The Storage SCP that pynetdicom brings."""
    return Receiver("pynetdicom", _pynetdicom)


def installed(receivers: Sequence[Receiver]) -> list[Receiver]:
    """Return those of which the program is here."""
    programs = {"storescp": "storescp", "orthanc": "Orthanc"}
    return [r for r in receivers if shutil.which(programs.get(r.name, sys.executable))]


@contextlib.contextmanager
def _storescp(folder: Path, *, tuned: bool) -> Iterator[Running]:
    (port,), options = free_ports(1), FASTEST if tuned else ()
    command = ["storescp", "-q", *options, "-od", str(folder), "-aet", "RX", str(port)]
    with serving(command, port, environment=TUNED if tuned else {}) as process:
        peer = Peer("RX", "127.0.0.1", port)
        yield Running(peer, lambda: with_children(process.pid), lambda: _files_of(folder))


@contextlib.contextmanager
def _pynetdicom(folder: Path) -> Iterator[Running]:
    (port,), kept = free_ports(1), folder / "kept"
    kept.mkdir()
    program = [sys.executable, "-m", "pynetdicom", "storescp", str(port)]
    with serving([*program, "-q", "-od", str(kept), "-aet", "RX"], port, environment={}) as process:
        peer = Peer("RX", "127.0.0.1", port)
        yield Running(peer, lambda: with_children(process.pid), lambda: _files_of(kept))


@contextlib.contextmanager
def _orthanc(folder: Path, *, tuned: bool) -> Iterator[Running]:
    port, http_port = free_ports(2)
    settings = {
        "Name": "anchor",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomPort": port,
        "DicomAet": "RX",
        "HttpPort": http_port,
        "Plugins": [],
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    with serving(["Orthanc", str(file)], port, environment=TUNED if tuned else {}) as process:
        peer = Peer("RX", "127.0.0.1", port)
        yield Running(peer, lambda: with_children(process.pid), lambda: _instances_of(http_port))


def _files_of(folder: Path) -> int:
    return sum(1 for path in folder.iterdir() if path.is_file())


def _instances_of(http_port: int) -> int:
    url = f"http://127.0.0.1:{http_port}/statistics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(json.load(answer)["CountInstances"])
