"""DCMTK's archive and its Modality Worklist, as they come, and the films that they are given."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydicom import Dataset
from pynetdicom import AE

from tests.builders.dataset import encoded, film_dataset, part10
from tests.builders.free_port import free_port
from tests.builders.studies import EXPLICIT
from tests.builders.waiting import wait_until
from triage.domain.study import Peer

VERIFICATION = "1.2.840.10008.1.1"
TODAY = date(2026, 1, 5)


@dataclass(frozen=True)
class Shot:
    """One film on its way into an archive, and what identifies it."""

    study_uid: str
    number: int = 1
    modality: str = "CR"
    body_part: str = "CHEST"
    day: date = TODAY
    accession_number: str = ""

    @property
    def series_uid(self) -> str:
        return f"{self.study_uid}.{'3' if self.modality in {'CR', 'DX'} else '4'}"

    @property
    def sop_instance_uid(self) -> str:
        return f"{self.series_uid}.{self.number}"

    def dataset(self, **attributes: object) -> Dataset:
        identity = {
            "StudyInstanceUID": self.study_uid,
            "SeriesInstanceUID": self.series_uid,
            "SOPInstanceUID": self.sop_instance_uid,
            "StudyDate": f"{self.day:%Y%m%d}",
            "StudyTime": "120000",
            "StudyID": "1",
            "SeriesNumber": "1",
            "InstanceNumber": str(self.number),
            "AccessionNumber": self.accession_number,
            "Modality": self.modality,
            "BodyPartExamined": self.body_part,
        }
        return film_dataset(**(identity | attributes))

    def file(self, folder: Path, **attributes: object) -> Path:
        """Write it as a Part 10 file."""
        contents = encoded(self.dataset(**attributes))
        return part10(folder, contents, sop_instance_uid=self.sop_instance_uid)


@contextmanager
def running_dcmqrscp(folder: Path, *modalities: Peer) -> Iterator[Peer]:
    """Run DCMTK's dcmqrscp with one storage area; it moves to the modalities by their titles."""
    peer = Peer("PACS", "127.0.0.1", free_port())
    (folder / "db").mkdir(exist_ok=True)
    known = "".join(
        f"h{one.port} = ({one.ae_title}, {one.host}, {one.port})\n" for one in modalities
    )
    (folder / "qr.cfg").write_text(
        f"NetworkTCPPort = {peer.port}\nMaxPDUSize = 131072\nMaxAssociations = 16\n"
        f"HostTable BEGIN\n{known}HostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nPACS {folder / 'db'} RW (2000, 4096mb) ANY\nAETable END\n"
    )
    with _running(peer, "dcmqrscp", "-c", str(folder / "qr.cfg")):
        yield peer


@contextmanager
def running_wlmscpfs(folder: Path, items: Sequence[Dataset]) -> Iterator[Peer]:
    """Run DCMTK's wlmscpfs with these scheduled procedure steps."""
    peer = Peer("WORKLIST", "127.0.0.1", free_port())
    steps = folder / peer.ae_title
    steps.mkdir(parents=True)
    (steps / "lockfile").touch()
    for number, item in enumerate(items):
        part10(steps, encoded(item), sop_instance_uid=str(number)).rename(steps / f"{number}.wl")
    with _running(peer, "wlmscpfs", "-dfp", str(folder), str(peer.port)):
        yield peer


def scheduled_step(
    study_uid: str,
    priority: str | None,
    *,
    modality: str = "CR",
    day: date = TODAY,
    accession_number: str = "",
) -> Dataset:
    """Make a scheduled procedure step; without a priority the attribute is absent."""
    step = Dataset()
    step.ScheduledStationAETitle = "CR1"
    step.ScheduledProcedureStepStartDate = f"{day:%Y%m%d}"
    step.ScheduledProcedureStepStartTime = "120000"
    step.Modality = modality
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepDescription = "chest"
    step.ScheduledProcedureStepID = "1"
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 100"
    item.AccessionNumber = accession_number
    item.PatientName = "Doe^Jane"
    item.PatientID = "4711"
    item.StudyInstanceUID = study_uid
    item.RequestedProcedureDescription = "chest"
    item.RequestedProcedureID = "1"
    if priority is not None:
        item.RequestedProcedurePriority = priority
    item.ScheduledProcedureStepSequence = [step]
    return item


@contextmanager
def _running(peer: Peer, *command: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            wait_until(lambda: _listens(peer))
            yield
        finally:
            process.terminate()


def _listens(peer: Peer) -> bool:
    entity = AE("TEST")
    entity.add_requested_context(VERIFICATION, EXPLICIT)
    association = entity.associate(peer.host, peer.port, ae_title=peer.ae_title)
    if established := association.is_established:
        association.release()
    return bool(established)
