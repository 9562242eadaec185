"""A real PACS: an installed Orthanc on free ports, with its REST interface."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom import Dataset, dcmread

from tests.builders.certificates import Papers
from tests.builders.free_port import free_port
from triage.domain.study import Peer

START_S = 30.0


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc."""

    peer: Peer
    url: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            content: bytes = answer.read()
        return content

    def objects_of(self, study_uid: str) -> list[Dataset]:
        """Return every object of a study, as Orthanc gives it back."""
        found = [
            dcmread(BytesIO(self.get(f"instances/{name}/file")))
            for name in json.loads(self.get("instances"))
        ]
        return [dataset for dataset in found if dataset.StudyInstanceUID == study_uid]


@contextmanager
def running_orthanc(
    folder: Path, *modalities: Peer, port: int | None = None, tls: Papers | None = None
) -> Iterator[Orthanc]:
    """Run Orthanc on free ports with its storage in a folder, and stop it at the end.

    It knows the modalities by title, address and port, and reports storage commitment to them.
    With papers it speaks TLS, and wants a certificate of who calls.
    """
    program = shutil.which("Orthanc")
    assert program is not None
    dicom_port, http_port = port or free_port(), free_port()
    config = folder / "orthanc.json"
    known = {peer.ae_title: [peer.ae_title, peer.host, peer.port] for peer in modalities}
    told = _configuration(folder, dicom_port, http_port) | {"DicomModalities": known} | _tls(tls)
    config.write_text(json.dumps(told))
    process = subprocess.Popen(
        [program, str(config)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stderr is not None
        next(line for line in process.stderr if "Orthanc has started" in line)
        yield Orthanc(Peer("PACS", "127.0.0.1", dicom_port), f"http://127.0.0.1:{http_port}")
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


def _tls(papers: Papers | None) -> dict[str, object]:
    if papers is None:
        return {}
    return {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(papers.certificate),
        "DicomTlsPrivateKey": str(papers.key),
        "DicomTlsTrustedCertificates": str(papers.authorities),
        "DicomTlsRemoteCertificateRequired": True,
    }


def _configuration(folder: Path, dicom_port: int, http_port: int) -> dict[str, object]:
    return {
        "Name": "stand-in",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomPort": dicom_port,
        "HttpPort": http_port,
        "DicomAet": "PACS",
        "Plugins": [],
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
    }
