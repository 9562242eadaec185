"""What an examination of a PACS is made of: its steps, and the association in which they go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import monotonic

from triage.daemon.advice import Case, advise
from triage.send import probe
from triage.send.association import Association, OnReport, refuse_reports
from triage.send.commitment import PUSH_MODEL
from triage.send.failure import Broken
from triage.send.message import Message
from triage.send.modality_worklist import MODALITY_WORKLIST_FIND
from triage.send.pdu import Proposal
from triage.send.query import STUDY_ROOT_FIND
from triage.send.retrieve import STUDY_ROOT_GET, STUDY_ROOT_MOVE
from triage.settings import Settings


class Verdict(StrEnum):
    """What a step says of the way to the PACS; a note is what results can do without."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried; ``change`` is what a person does about the answer."""

    step: str
    tried: str
    answer: str = ""
    verdict: Verdict = Verdict.OK
    change: str | None = None
    ms: float | None = None

    def noted(self, answer: str, change: str, *, failed: bool = False) -> "Step":
        """Return the step with an answer that is none or not all that was hoped for."""
        verdict = Verdict.FAILED if failed else Verdict.NOTE
        return replace(self, answer=answer, verdict=verdict, change=change)


@dataclass(frozen=True, slots=True)
class Examination:
    """All steps of one PACS."""

    peer: str
    tls: bool
    steps: tuple[Step, ...]

    @property
    def is_well(self) -> bool:
        """Whether no step failed that results need."""
        return all(step.verdict is not Verdict.FAILED for step in self.steps)


class Visit:
    """Goes through steps in one association, and in a new one where that has ended.

    ``offered`` are the services that it took when it was asked for all.

    Args:
        settings: of the daemon.
        case: the PACS.
    """

    def __init__(self, settings: Settings, case: Case) -> None:
        self.settings = settings
        self.case = case
        self.on_report: OnReport = refuse_reports
        self.offered: frozenset[str] = frozenset()
        self._association: Association | None = None
        self._proposals = probe.proposals(jpeg=settings.picture.compression == "jpeg")

    def tried(self, step: Step, act: Callable[[Step], Step], *, needed: bool = True) -> Step:
        """Do a step, and time it where it did not itself; say what to change if all ends there."""
        began = monotonic()
        try:
            done = act(step)
        except Broken as broken:
            done = step.noted(str(broken), advise(broken, self.case), failed=needed)
        return replace(done, ms=done.ms or milliseconds_since(began))

    def association(self) -> Association:
        """Return the association in which every service is proposed.

        Raises:
            Broken: there is none.
        """
        if self._association is None or not self._association.is_open:
            self._association = self.associate(self._proposals)
            contexts = self._association.agreement.contexts
            self.offered = frozenset(context.abstract_syntax for context in contexts)
        return self._association

    @property
    def is_destination(self) -> bool:
        """Whether results go there; whom nobody has set yet is examined as one."""
        return not self.case.section.startswith("worklist.")

    def needs(self, service: str) -> bool:
        """Whether results, or a night's worklist, end short without this service."""
        night, pacs = self.settings.worklist, self.settings.pacs
        asked = bool(night.cron) and (night.pacs or pacs).peer == self.case.peer
        proof = pacs.proof if self.is_destination else ""
        needed = {
            probe.SECONDARY_CAPTURE: self.is_destination,
            PUSH_MODEL: proof == "commitment",
            STUDY_ROOT_FIND: proof == "query" or asked,
            STUDY_ROOT_MOVE: asked and night.method == "move",
            STUDY_ROOT_GET: asked and night.method == "get",
            MODALITY_WORKLIST_FIND: night.mwl is not None and night.mwl.peer == self.case.peer,
        }
        return needed.get(service, False)

    def associate(self, proposals: Sequence[Proposal]) -> Association:
        """Associate for these contexts alone."""
        return Association(
            self.case.peer,
            calling_ae_title=self.case.title,
            proposals=proposals,
            timeout_s=self.settings.pacs.timeout_s,
            on_report=self._heard,
            tls=self.case.tls,
        )

    def _heard(self, report: Message, transfer_syntax_uid: str) -> int:
        """Hand a report to who listens by now."""
        return self.on_report(report, transfer_syntax_uid)

    def attend(self, *, within_s: float) -> None:
        """Let the PACS speak in the association, if it is still open."""
        if self._association is not None and self._association.is_open:
            self._association.attend(within_s=within_s)

    def leave(self) -> None:
        """Release the association."""
        if self._association is not None:
            self._association.release()


def milliseconds_since(began: float) -> float:
    """Return the time since a reading of the monotonic clock."""
    return round((monotonic() - began) * 1000, 2)
