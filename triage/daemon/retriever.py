"""Lets a PACS send the missing films of one study after the other."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

from triage.domain.worklist import ExpectedSeries, ExpectedStudy
from triage.receive.contexts import TRANSFER_SYNTAXES
from triage.receive.intake import Caller, Intake, Visit
from triage.receive.keeper import Keeper
from triage.send import retrieve
from triage.send.association import Association
from triage.send.message import Message
from triage.send.retrieve import Wanted
from triage.send.session import Session
from triage.settings import Settings
from triage.settings.tls import handshake_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for of one study: whole series, or single films of it."""

    study_uid: str
    wanted: tuple[Wanted, ...]


def plans(
    studies: Sequence[ExpectedStudy], *, missing: AbstractSet[str], here: AbstractSet[str]
) -> list[Plan]:
    """Say what is asked for.

    Args:
        studies: as they are listed now.
        missing: studies of which something is not here.
        here: SOP Instance UIDs of films that are.
    """
    wanted = {
        study.study_uid: tuple(
            one for series in study.series for one in _wanted(study.study_uid, series, here)
        )
        for study in studies
        if study.study_uid in missing
    }
    return [Plan(uid, asked) for uid, asked in wanted.items() if asked]


def _wanted(study_uid: str, series: ExpectedSeries, here: AbstractSet[str]) -> list[Wanted]:
    """Ask for a series whole where all of it, or who knows what, is missing."""
    lacking = [uid for uid in series.instances if uid not in here]
    if len(lacking) == len(series.instances):
        return [Wanted(study_uid, series.series_uid)]
    return [Wanted(study_uid, series.series_uid, uid) for uid in lacking]


class Retriever:
    """An association with the PACS, for one plan at a time.

    Args:
        settings: of the whole daemon.
        keeper: takes what comes in our own association, as it does at the door.
    """

    def __init__(self, settings: Settings, keeper: Keeper) -> None:
        choice = settings.worklist
        self._by_get = choice.method == "get"
        self._ours = settings.listener.ae_title
        self._keeper = keeper
        self._peer = (choice.pacs or settings.pacs).peer
        self._visit = self._new_visit()
        proposals = retrieve.get_proposals(TRANSFER_SYNTAXES) if self._by_get else None
        self._session = Session(
            self._peer,
            calling_ae_title=self._ours,
            proposals=proposals or retrieve.move_proposals(),
            timeout_s=settings.pacs.timeout_s,
            on_store=self._take if self._by_get else None,
            tls=handshake_of(settings, self._peer),
        )

    def retrieve(self, plan: Plan) -> str | None:
        """Ask for everything of a plan; return in words what was not sent, ``None`` for nothing.

        Raises:
            Broken: the PACS cannot be reached, or went away.
        """
        self._visit = self._new_visit()
        try:
            failures = [self._session.ask(partial(self._ask, one)) for one in plan.wanted]
        finally:
            self._visit.end()  # now the study may be complete
        return "; ".join(dict.fromkeys(filter(None, failures))) or None

    def close(self) -> None:
        """Release the association."""
        self._session.close()

    def _ask(self, wanted: Wanted, association: Association) -> str | None:
        if self._by_get:
            return retrieve.get(association, wanted)
        return retrieve.move(association, wanted, to_ae_title=self._ours)

    def _take(self, request: Message, transfer_syntax: str) -> Intake:
        return Intake(
            self._visit,
            sop_class_uid=request.sop_class_uid,
            sop_instance_uid=request.sop_instance_uid,
            transfer_syntax_uid=transfer_syntax,
        )

    def _new_visit(self) -> Visit:
        return Visit(self._keeper, Caller(self._peer.ae_title, self._peer.host))
