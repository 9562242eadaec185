"""A PACS that does each step of a result's way as it is told, and its examination."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.builders.free_port import free_port
from tests.builders.reported import told
from tests.builders.scripted import Accepts, Heard, Released, Talk, first_syntax
from triage.daemon.advice import Case
from triage.daemon.doctor import examine
from triage.daemon.examination import Examination, Step
from triage.domain.study import Peer
from triage.send.message import C_ECHO_RQ, C_FIND_RQ, C_MOVE_RQ, C_STORE_RQ, N_ACTION_RQ
from triage.settings import Settings, load_settings

WELL = {C_ECHO_RQ: 0, C_STORE_RQ: 0, N_ACTION_RQ: 0, C_FIND_RQ: 0, C_MOVE_RQ: 0}


@dataclass
class Obedient:
    """Answers each request with a status, success unless another is said."""

    statuses: Mapping[int, int] = field(default_factory=dict)
    accepts: Accepts = first_syntax
    reports: bool = True
    denied: int | None = None
    finds: bool = True
    leaves_at: int | None = None
    more: Mapping[str, bytes] = field(default_factory=dict)

    def __call__(self, talk: Talk) -> None:
        talk.accept(self.accepts)
        while True:
            heard = talk.hear()
            if heard.field in WELL:
                self._answer(talk, heard)

    def _answer(self, talk: Talk, heard: Heard) -> None:
        if heard.field == self.leaves_at:
            talk.abort()
            raise Released
        status = self.statuses.get(heard.field, WELL[heard.field])
        if heard.field == C_FIND_RQ and status == 0 and self.finds:
            talk.answer(heard, 0xFF00, heard.data_set)
        talk.answer(heard, status, **(self.more if heard.field == C_MOVE_RQ else {}))
        if heard.field == N_ACTION_RQ and status == 0 and self.reports:
            talk.say(told(heard, denied=self.denied))


def settings_for(folder: object, **environment: str) -> Settings:
    """Settings of an empty data folder and a free port, that wait a second for a PACS."""
    given = {
        "TRIAGE_DATA__FOLDER": f"{folder}/data",
        "TRIAGE_LISTENER__PORT": str(free_port()),
        "TRIAGE_PACS__TIMEOUT_S": "1",
    }
    return load_settings(None, environment={**given, **environment})


def examined(
    settings: Settings, peer: Peer, *, store: bool = False, case: Case | None = None
) -> Examination:
    """Examine a peer as if it were the PACS of the settings."""
    return examine(settings, case or Case(peer, "TRIAGE", "pacs"), store=store)


def step_of(examination: Examination, name: str) -> Step:
    """Return the step of that name, or of the service of that name."""
    return next(one for one in examination.steps if name in {one.step, one.tried})
