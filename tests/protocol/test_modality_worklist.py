"""The Modality Worklist: of DCMTK, and of a peer that follows a script."""

from datetime import date
from pathlib import Path

from tests.builders.archives import TODAY, running_wlmscpfs, scheduled_step
from tests.builders.matches import answering, match, matching, session_with
from tests.builders.scripted import scripted_pacs
from tests.builders.tools import needs
from triage.domain.study import Peer
from triage.domain.worklist import Urgency
from triage.send.modality_worklist import PROPOSAL, Scheduled, scheduled


def ask(peer: Peer) -> tuple[list[Scheduled], list[str]]:
    session = session_with(peer, PROPOSAL)
    try:
        return scheduled(session, TODAY, TODAY)
    finally:
        session.close()


@needs("wlmscpfs")
def test_dcmtks_worklist_tells_what_is_scheduled_and_how_urgent_it_is(tmp_path: Path) -> None:
    steps = [
        scheduled_step("2.25.1", "STAT", accession_number="A1"),
        scheduled_step("2.25.2", None, modality="DX"),
        scheduled_step("2.25.3", "HIGH", modality="CT"),
        scheduled_step("2.25.4", "HIGH", day=date(2026, 1, 3)),
    ]

    with running_wlmscpfs(tmp_path / "steps", steps) as peer:
        found = ask(peer)

    assert found == (
        [
            Scheduled("2.25.1", "A1", Urgency.STAT),
            Scheduled("2.25.2", "", Urgency.ROUTINE),
        ],
        [],
    )


def test_a_failure_is_told_for_each_modality() -> None:
    step = match(StudyInstanceUID="2.25.1", RequestedProcedurePriority="HIGH")
    script = answering(matching({"WORKLIST": [step]}, statuses={"WORKLIST": 0xA700}))

    with scripted_pacs(script) as pacs:
        found, gaps = ask(pacs.peer)

    assert found == [Scheduled("2.25.1", "", Urgency.HIGH)] * 2
    assert gaps == [
        "Modality Worklist of modality CR: 0xa700: out of resources",
        "Modality Worklist of modality DX: 0xa700: out of resources",
    ]


def test_a_step_without_a_study_is_told() -> None:
    script = answering(matching({"WORKLIST": [match(AccessionNumber="A1")]}))

    with scripted_pacs(script) as pacs:
        found, gaps = ask(pacs.peer)

    assert found == []
    assert gaps[0] == "Modality Worklist of modality CR: 1 matches cannot be read"
