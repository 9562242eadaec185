"""Steps, and whether all is well."""

import pytest

from tests.builders.scripted import Talk, scripted_pacs
from triage.daemon.advice import Case
from triage.daemon.examination import Examination, Step, Verdict, Visit
from triage.send.failure import Broken, Failure
from triage.settings import Settings

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
