"""``triage doctor`` up to the contexts: what a PACS did, and which setting it names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.builders.certificates import Authority, ours, outward
from tests.builders.dcmtk import running_storescp
from tests.builders.examined import Obedient, examined, settings_for, step_of
from tests.builders.free_port import free_port
from tests.builders.pacs import running_pacs
from tests.builders.scripted import Accepts, Script, Talk, scripted_pacs
from tests.builders.tools import needs
from triage.daemon.advice import Case
from triage.daemon.examination import Examination, Verdict
from triage.domain.study import Peer
from triage.send.commitment import PUSH_MODEL
from triage.send.message import C_ECHO_RQ, C_STORE_RQ
from triage.send.probe import JPEG, SECONDARY_CAPTURE
from triage.send.query import STUDY_ROOT_FIND
from triage.settings import Settings

NOTE, FAILED, OK = Verdict.NOTE, Verdict.FAILED, Verdict.OK


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def but(*services: str) -> Accepts:
    """Accept everything but these services."""
    return lambda abstract, proposed: None if abstract in services else proposed[0]


def only_echo(settings: Settings, script: Script) -> Examination:
    """Examine a PACS with which it ends at the echo."""
    with scripted_pacs(script) as pacs:
        found = examined(settings, pacs.peer, store=True)
    assert [step.step for step in found.steps] == ["echo"]
    assert not found.is_well
    return found


def test_an_obliging_pacs_is_well_and_nothing_is_to_be_changed(settings: Settings) -> None:
    with scripted_pacs(Obedient()) as pacs:
        found = examined(settings, pacs.peer)

    assert found.is_well
    assert [(step.verdict, step.change) for step in found.steps] == [(OK, None)] * 7


def test_nothing_is_stored_unless_it_is_asked_for(settings: Settings) -> None:
    with scripted_pacs(Obedient()) as pacs:
        examined(settings, pacs.peer)
        before = len(pacs.heard(C_STORE_RQ))
        examined(settings, pacs.peer, store=True)

        assert (before, len(pacs.heard(C_STORE_RQ))) == (0, 1)


REJECTIONS = [
    (1, 1, 1, "add AE title TRIAGE with this machine's address at the PACS, and check"),
    (1, 1, 2, "is no DICOM application: correct pacs.port"),
    (1, 1, 3, "at the PACS, or set listener.ae_title to the one that it knows"),
    (1, 1, 7, "the PACS does not go by PACS: correct pacs.ae_title to its own AE title"),
    (1, 2, 2, "speaks another DICOM protocol: correct pacs.port"),
    (2, 3, 1, "the PACS is busy"),
    (2, 3, 2, "raise its limit for TRIAGE"),
    (1, 2, 1, "its log says why"),
]


@pytest.mark.parametrize(("result", "source", "reason", "change"), REJECTIONS)
def test_each_reason_of_a_rejection_has_its_remedy(
    settings: Settings, result: int, source: int, reason: int, change: str
) -> None:
    found = only_echo(settings, lambda talk: talk.reject(result, source, reason))

    assert found.steps[0].answer.startswith("rejected the association (")
    assert change in str(found.steps[0].change)


def mute(talk: Talk) -> None:
    talk.hang()


def aborting(talk: Talk) -> None:
    talk.hear_request()
    talk.abort()


def closing(talk: Talk) -> None:
    talk.hear_request()


def of_the_web(talk: Talk) -> None:
    talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    talk.hang()


@pytest.mark.parametrize(
    ("script", "answer", "change"),
    [
        (mute, "did not answer in time", "correct pacs.port, or look at the PACS why it hangs"),
        (aborting, "aborted the association", "add AE title TRIAGE"),
        (closing, "closed the connection", "if it wants TLS there, set pacs.tls = true"),
        (of_the_web, "broke the protocol", "speaks no DICOM: correct pacs.port"),
    ],
)
def test_who_ends_it_without_an_answer_has_a_remedy(
    settings: Settings, script: Script, answer: str, change: str
) -> None:
    found = only_echo(settings, script)

    assert found.steps[0].answer.startswith(answer)
    assert change in str(found.steps[0].change)


@pytest.mark.parametrize(("timeout_s", "within_s"), [("0.3", 2.0), ("3", 60.0)])
def test_a_pacs_that_hangs_is_given_up_at_the_deadline(
    tmp_path: Path, timeout_s: str, within_s: float
) -> None:
    settings, began = settings_for(tmp_path, TRIAGE_PACS__TIMEOUT_S=timeout_s), monotonic()

    only_echo(settings, mute)

    assert float(timeout_s) <= monotonic() - began < within_s


@pytest.mark.parametrize(
    ("host", "change"),
    [("127.0.0.1", "nobody listens there: correct pacs.port"), ("a..b", "correct pacs.host")],
)
def test_nobody_there_is_no_matter_of_titles(settings: Settings, host: str, change: str) -> None:
    found = examined(settings, Peer("PACS", host, free_port()))

    assert change in str(found.steps[0].change)


@pytest.mark.parametrize("status", [0x0122, 0x0210])
def test_an_echo_with_a_failure_is_a_note_alone(settings: Settings, status: int) -> None:
    with scripted_pacs(Obedient({C_ECHO_RQ: status})) as pacs:
        found = examined(settings, pacs.peer)

    assert (step_of(found, "echo").answer, step_of(found, "echo").verdict) == (
        f"{status:#06x}",
        NOTE,
    )
    assert found.is_well


def test_a_pacs_that_takes_no_captures_fails_and_gets_none(settings: Settings) -> None:
    with scripted_pacs(Obedient(accepts=but(SECONDARY_CAPTURE))) as pacs:
        found = examined(settings, pacs.peer, store=True)

        assert pacs.heard(C_STORE_RQ) == []
    step = step_of(found, "Secondary Capture")
    assert "Explicit VR Little Endian: abstract syntax not supported" in step.answer
    assert "let the PACS take Secondary Capture of TRIAGE" in str(step.change)
    assert (step.verdict, found.is_well) == (FAILED, False)


@pytest.mark.parametrize(
    ("service", "name", "proof", "verdict"),
    [
        (PUSH_MODEL, "Storage Commitment", "auto", NOTE),
        (PUSH_MODEL, "Storage Commitment", "commitment", FAILED),
        (STUDY_ROOT_FIND, "Study Root C-FIND", "auto", NOTE),
        (STUDY_ROOT_FIND, "Study Root C-FIND", "query", FAILED),
    ],
)
def test_a_proof_that_is_not_offered_fails_where_it_is_asked_for(
    tmp_path: Path, service: str, name: str, proof: str, verdict: Verdict
) -> None:
    settings = settings_for(tmp_path, TRIAGE_PACS__PROOF=proof)

    with scripted_pacs(Obedient(accepts=but(service))) as pacs:
        step = step_of(examined(settings, pacs.peer), name)

    assert step.verdict is verdict
    assert "pacs.proof" in str(step.change)


@pytest.mark.parametrize("proof", ["auto", "commitment", "query"])
@pytest.mark.parametrize(
    ("refused", "told"), [((PUSH_MODEL, STUDY_ROOT_FIND), True), ((PUSH_MODEL,), False)]
)
def test_where_neither_proof_is_offered_it_is_told_how_every_result_ends(
    tmp_path: Path, proof: str, refused: tuple[str, ...], told: bool
) -> None:
    settings = settings_for(tmp_path, TRIAGE_PACS__PROOF=proof)

    with scripted_pacs(Obedient(accepts=but(*refused))) as pacs:
        found = examined(settings, pacs.peer)

    changes = [step.change for step in found.steps if step.change]
    assert len(changes) == len(refused)
    assert all(("every result ends SENT_UNPROVEN" in change) is told for change in changes)
    assert all(("set pacs.proof" in change) is not told for change in changes)


def test_a_worklists_pacs_proves_nothing(settings: Settings) -> None:
    with scripted_pacs(Obedient(accepts=but(PUSH_MODEL, STUDY_ROOT_FIND))) as pacs:
        found = examined(settings, pacs.peer, case=Case(pacs.peer, "TRIAGE", "worklist.pacs"))

    assert not any("UNPROVEN" in str(step.change) for step in found.steps)


def test_jpeg_is_proposed_where_captures_are_compressed(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, TRIAGE_PICTURE__COMPRESSION="jpeg")

    with scripted_pacs(Obedient()) as pacs:
        step = step_of(examined(settings, pacs.peer), "Secondary Capture")

    assert step.answer.startswith("JPEG Baseline (Process 1), Explicit VR Little Endian")


def plain_captures(abstract: str, proposed: list[str]) -> str | None:
    return None if abstract == SECONDARY_CAPTURE and proposed[0] == JPEG else proposed[0]


def only_jpeg(abstract: str, proposed: list[str]) -> str | None:
    return None if abstract == SECONDARY_CAPTURE and proposed[0] != JPEG else proposed[0]


@pytest.mark.parametrize(("compression", "verdict"), [("jpeg", FAILED), ("none", OK)])
def test_a_pacs_that_takes_no_jpeg_fails_where_captures_are_compressed(
    tmp_path: Path, compression: str, verdict: Verdict
) -> None:
    settings = settings_for(tmp_path, TRIAGE_PICTURE__COMPRESSION=compression)

    with scripted_pacs(Obedient(accepts=plain_captures)) as pacs:
        found = examined(settings, pacs.peer, store=True)
        stored = len(pacs.heard(C_STORE_RQ))

    step = step_of(found, "Secondary Capture")
    assert (step.verdict, found.is_well, stored) == (verdict, verdict is OK, verdict is OK)
    told = "let the PACS take JPEG Baseline of TRIAGE, or set picture.compression = none"
    assert step.change == (None if verdict is OK else told)


def test_a_worklists_pacs_need_not_take_jpeg(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, TRIAGE_PICTURE__COMPRESSION="jpeg")

    with scripted_pacs(Obedient(accepts=plain_captures)) as pacs:
        case = Case(pacs.peer, "TRIAGE", "worklist.pacs")
        step = step_of(examined(settings, pacs.peer, case=case), "Secondary Capture")

    assert step.verdict is OK


def test_the_test_object_is_compressed_as_results_are(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, TRIAGE_PICTURE__COMPRESSION="jpeg")

    with scripted_pacs(Obedient(accepts=only_jpeg)) as pacs:
        found = examined(settings, pacs.peer, store=True)
        (heard,) = pacs.heard(C_STORE_RQ)

    assert found.is_well
    assert b"\xff\xd8\xff" in heard.data_set


@needs("storescp")
def test_storescp_as_it_comes_takes_no_compressed_captures(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, TRIAGE_PICTURE__COMPRESSION="jpeg")

    with running_storescp(tmp_path) as peer:
        found = examined(settings, peer, store=True)

    assert not found.is_well


@needs("storescp")
def test_storescp_takes_captures_and_offers_no_proof(settings: Settings, tmp_path: Path) -> None:
    with running_storescp(tmp_path) as peer:
        found = examined(settings, peer, store=True)

    assert step_of(found, "store").answer == "0x0000: success"
    assert step_of(found, "Storage Commitment").verdict is NOTE
    assert "every result ends SENT_UNPROVEN" in str(step_of(found, "Storage Commitment").change)
    assert len([*tmp_path.glob("SC.*")]) == 1


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "hospital")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "elsewhere")


Staged = Callable[[Authority, Authority, Peer], Case]


def trusting_others(hospital: Authority, elsewhere: Authority, peer: Peer) -> Case:
    papers = replace(hospital.papers("TRIAGE"), authorities=elsewhere.file)
    return Case(peer, "TRIAGE", "pacs", outward(papers))


def showing_others(hospital: Authority, elsewhere: Authority, peer: Peer) -> Case:
    papers = replace(elsewhere.papers("TRIAGE"), authorities=hospital.file)
    return Case(peer, "TRIAGE", "pacs", outward(papers))


def by_another_name(hospital: Authority, _elsewhere: Authority, peer: Peer) -> Case:
    return Case(peer, "TRIAGE", "pacs", outward(hospital.papers("TRIAGE"), "pacs.example"))


def in_the_clear(_hospital: Authority, _elsewhere: Authority, peer: Peer) -> Case:
    return Case(peer, "TRIAGE", "pacs")


def as_it_should_be(hospital: Authority, _elsewhere: Authority, peer: Peer) -> Case:
    return Case(peer, "TRIAGE", "pacs", outward(hospital.papers("TRIAGE")))


@pytest.mark.parametrize(
    ("staged", "change"),
    [
        (trusting_others, "add the authority that signed the PACS' certificate to tls.authorities"),
        (showing_others, "let the PACS trust the authority that signed tls.certificate"),
        (by_another_name, "set pacs.tls_name to the name that the PACS' certificate bears"),
        (in_the_clear, "set pacs.tls = true"),
        (as_it_should_be, "let the PACS take Verification of TRIAGE"),
    ],
)
def test_each_fault_of_tls_has_its_remedy(
    settings: Settings, hospital: Authority, elsewhere: Authority, staged: Staged, change: str
) -> None:
    with running_pacs(tls=ours(hospital.papers())) as pacs:
        found = examined(settings, pacs.peer, case=staged(hospital, elsewhere, pacs.peer))

    assert change in str(found.steps[0].change)


def plain(talk: Talk) -> None:
    talk.connection.recv(4096)
    talk.abort()


@pytest.mark.parametrize("script", [plain, mute])
def test_a_plain_pacs_is_not_asked_for_tls(
    settings: Settings, hospital: Authority, script: Script
) -> None:
    with scripted_pacs(script) as pacs:
        case = as_it_should_be(hospital, hospital, pacs.peer)
        found = examined(settings, pacs.peer, case=case)

    assert "set pacs.tls = false" in str(found.steps[0].change)
