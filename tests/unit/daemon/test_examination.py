"""Steps, and whether all is well."""

import pytest

from tests.builders.scripted import Talk, scripted_pacs
from triage.daemon.advice import Case
from triage.daemon.examination import Examination, Step, Verdict, Visit
from triage.domain.study import Peer
from triage.send.commitment import PUSH_MODEL
from triage.send.failure import Broken, Failure
from triage.send.modality_worklist import MODALITY_WORKLIST_FIND
from triage.send.probe import SECONDARY_CAPTURE, SERVICES
from triage.send.query import STUDY_ROOT_FIND
from triage.send.retrieve import STUDY_ROOT_MOVE
from triage.settings import Pacs, Settings, Worklist
from triage.settings.section import Destination

STEP = Step("echo", "C-ECHO")


def breaking(step: Step) -> Step:
    del step
    raise Broken(Failure.ABORTED)


def obliging(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


@pytest.fixture
def case() -> Case:
    return Case(Settings().pacs.peer, "TRIAGE", "pacs")


@pytest.mark.parametrize(("failed", "well"), [(True, False), (False, True)])
def test_a_failure_is_not_well_and_a_note_is(*, failed: bool, well: bool) -> None:
    step = STEP.noted("0x0122", "permit it", failed=failed)

    assert Examination("PACS", tls=False, steps=(STEP, step)).is_well is well


MWL = Destination(ae_title="RIS", host="10.1.2.14", port=104)
NIGHT = Settings(worklist=Worklist(cron="30 22 * * *", mwl=MWL), pacs=Pacs(proof="none"))
PACS_CASE = Case(NIGHT.pacs.peer, "TRIAGE", "pacs")
NEEDS = [
    (Settings(), PACS_CASE, {SECONDARY_CAPTURE}),
    (Settings(pacs=Pacs(proof="commitment")), PACS_CASE, {SECONDARY_CAPTURE, PUSH_MODEL}),
    (Settings(pacs=Pacs(proof="query")), PACS_CASE, {SECONDARY_CAPTURE, STUDY_ROOT_FIND}),
    (NIGHT, PACS_CASE, {SECONDARY_CAPTURE, STUDY_ROOT_FIND, STUDY_ROOT_MOVE}),
    (NIGHT, Case(MWL.peer, "TRIAGE", "worklist.mwl"), {MODALITY_WORKLIST_FIND}),
    (NIGHT, Case(Peer("NEW", "10.9.9.9", 104), "TRIAGE"), {SECONDARY_CAPTURE}),
]


@pytest.mark.parametrize(("settings", "case", "services"), NEEDS)
def test_what_is_needed_is_what_the_settings_ask_of_a_peer(
    settings: Settings, case: Case, services: set[str]
) -> None:
    visit = Visit(settings, case)

    assert {service for service in SERVICES if visit.needs(service)} == services


@pytest.mark.parametrize(("needed", "verdict"), [(True, Verdict.FAILED), (False, Verdict.NOTE)])
def test_a_step_that_breaks_off_has_a_remedy(case: Case, *, needed: bool, verdict: Verdict) -> None:
    done = Visit(Settings(), case).tried(STEP, breaking, needed=needed)

    assert (done.answer, done.verdict) == ("aborted the association", verdict)
    assert done.change


def test_a_step_is_timed_unless_it_timed_itself(case: Case) -> None:
    visit = Visit(Settings(), case)

    assert visit.tried(STEP, lambda step: step).ms is not None
    assert visit.tried(STEP, lambda _: Step("echo", "C-ECHO", ms=7.0)).ms == 7.0


def test_one_association_serves_all_steps_and_another_follows_it() -> None:
    with scripted_pacs(obliging) as pacs:
        visit = Visit(Settings(), Case(pacs.peer, "TRIAGE"))
        first, second = visit.association(), visit.association()
        first.release()
        third = visit.association()
        visit.leave()

    assert first is second
    assert third is not first
    assert not third.is_open
