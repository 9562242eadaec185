"""An installed Orthanc as the PACS, on free ports and with a folder of its own."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from deploy.demo.failure import DemoFailed
from deploy.demo.pacs import Pacs
from deploy.demo.process import stop
from triage.domain.study import Peer

HOST = "127.0.0.1"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 10.0
ANSWER_WITHIN_S = 10.0
LOOK_EVERY_S = 0.2


class Orthanc:
    """A running Orthanc, asked through its REST interface."""

    def __init__(self, peer: Peer, http_port: int) -> None:
        self.peer = peer
        self._http_port = http_port

    def fetch(self, sop_instance_uid: str) -> bytes | None:
        """Return an instance as Orthanc stores it."""
        found = json.loads(self._ask("POST", "/tools/lookup", sop_instance_uid))
        names = [entry["ID"] for entry in found if entry["Type"] == "Instance"]
        return self._ask("GET", f"/instances/{names[0]}/file") if names else None

    def answers(self) -> bool:
        """Tell whether it is up."""
        try:
            return bool(self._ask("GET", "/system"))
        except OSError:
            return False

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        with closing(HTTPConnection(HOST, self._http_port, timeout=ANSWER_WITHIN_S)) as line:
            line.request(method, path, body)
            answer = line.getresponse()
            content = answer.read()
        if answer.status != HTTPStatus.OK:
            raise DemoFailed(f"Orthanc answered {answer.status} to {method} {path}")
        return content


@contextmanager
def running_orthanc(folder: Path) -> Iterator[Pacs]:
    """Run the installed Orthanc on free ports, with a data base of its own.

    Raises:
        DemoFailed: it is not installed, or does not start.
    """
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None:
        raise DemoFailed("Orthanc is not installed: apt install orthanc, or leave PACS= out")
    folder.mkdir()
    dicom_port, http_port = _free_ports()
    settings = folder / "orthanc.json"
    settings.write_text(json.dumps(_orthanc_settings(folder, dicom_port, http_port)))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(settings)], stdout=log, stderr=log, text=True)
    try:
        orthanc = Orthanc(Peer("ORTHANC", HOST, dicom_port), http_port)
        _wait_for(orthanc, process)
        yield orthanc
    finally:
        stop(process, within_s=STOPPED_WITHIN_S)


def _wait_for(orthanc: Orthanc, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not orthanc.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoFailed("Orthanc did not start")
        time.sleep(LOOK_EVERY_S)


def _orthanc_settings(folder: Path, dicom_port: int, http_port: int) -> dict[str, object]:
    """Write settings that let in calls from this machine alone."""
    known = {name: {"AET": name, "Host": HOST, "Port": 104} for name in ("TRIAGE", "MODALITY")}
    return {
        "Name": "cxr-triage demo",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [],
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAet": "ORTHANC",
        "DicomPort": dicom_port,
        "DicomAlwaysAllowStore": False,
        "DicomCheckModalityHost": True,
        "DicomModalities": known,
    }


def _free_ports() -> tuple[int, int]:
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])
