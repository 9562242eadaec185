"""How urgent what was scheduled is, by C-FIND of the Modality Worklist (PS3.4 K.6.1)."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from pydicom import Dataset

from triage.domain.worklist import Urgency
from triage.send.archive import MODALITIES, text_of, uid_of
from triage.send.association import Association
from triage.send.find import Found, find
from triage.send.pdu import Proposal
from triage.send.session import Session
from triage.send.stored import EXPLICIT, IMPLICIT

MODALITY_WORKLIST_FIND = "1.2.840.10008.5.1.4.31"
PROPOSAL = Proposal(MODALITY_WORKLIST_FIND, (EXPLICIT, IMPLICIT))
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A requested procedure; its accession number is for comparing alone."""

    study_uid: str
    accession_number: str
    urgency: Urgency


def scheduled(session: Session, first: date, last: date) -> tuple[list[Scheduled], list[str]]:
    """List what was scheduled for these days on CR or DX, and say in words what is missing.

    Raises:
        Broken: the worklist cannot be reached, or went away.
    """
    steps: list[Scheduled] = []
    gaps = []
    for modality in MODALITIES:
        found = session.ask(partial(_ask, keys=_keys(modality, first, last)))
        steps += found.matches
        if found.failure is not None:
            gaps.append(f"Modality Worklist of modality {modality}: {found.failure}")
    return steps, gaps


def _ask(association: Association, *, keys: Dataset) -> Found[Scheduled]:
    return find(association, MODALITY_WORKLIST_FIND, keys, read=_read, most=MOST_STEPS)


def _keys(modality: str, first: date, last: date) -> Dataset:
    step = Dataset()
    step.Modality = modality
    step.ScheduledProcedureStepStartDate = f"{first:%Y%m%d}-{last:%Y%m%d}"
    keys = Dataset()
    keys.ScheduledProcedureStepSequence = [step]
    for name in ("StudyInstanceUID", "AccessionNumber", "RequestedProcedurePriority"):
        setattr(keys, name, None)
    return keys


def _read(match: Dataset) -> Scheduled | None:
    uid = uid_of(match, "StudyInstanceUID")
    if uid is None:
        return None
    urgency = Urgency.of(text_of(match, "RequestedProcedurePriority"))
    return Scheduled(uid, text_of(match, "AccessionNumber"), urgency)
