"""A result's way, rehearsed with a test object, at real archives and at scripted ones."""

from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from sqlalchemy import Engine, func, select

from tests.builders.archives import running_dcmqrscp
from tests.builders.certificates import Authority, ours, outward
from tests.builders.examined import Obedient, examined, settings_for, step_of
from tests.builders.keeper import MemoryKeeper
from tests.builders.orthanc import running_orthanc
from tests.builders.scripted import scripted_pacs
from tests.builders.tools import needs
from tests.protocol.conftest import listening
from triage.daemon.advice import Case
from triage.daemon.examination import Examination, Verdict
from triage.daemon.reports import Reports
from triage.database import schema
from triage.domain.study import Peer
from triage.encode.trial import STUDY_UID
from triage.send.message import C_FIND_RQ, C_MOVE_RQ, C_STORE_RQ, N_ACTION_RQ
from triage.settings import Settings

NOTE, FAILED, OK = Verdict.NOTE, Verdict.FAILED, Verdict.OK
WAY = ["store", "commitment", "find", "move"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def listener_of(settings: Settings) -> Peer:
    return Peer("TRIAGE", "127.0.0.1", settings.listener.port)


def rehearsed(settings: Settings, pacs: Obedient) -> Examination:
    with scripted_pacs(pacs) as running:
        return examined(settings, running.peer, store=True)


def answers(examination: Examination) -> list[str]:
    return [step_of(examination, name).answer for name in WAY]


@needs("Orthanc")
def test_orthanc_that_knows_us_does_every_step(settings: Settings, tmp_path: Path) -> None:
    with running_orthanc(tmp_path, listener_of(settings)) as orthanc:
        found = examined(settings, orthanc.peer, store=True)
        (kept,) = orthanc.objects_of(STUDY_UID)

    assert found.is_well
    assert answers(found) == [
        "0x0000: success",
        "reported at the listener",
        "found",
        "0x0000, came here",
    ]
    assert (kept.PatientName, kept.PatientID) == ("TRIAGE^TEST", "TRIAGE-TEST")


@needs("Orthanc")
def test_orthanc_that_does_not_know_us_is_to_be_told(settings: Settings, tmp_path: Path) -> None:
    with running_orthanc(tmp_path) as orthanc:
        found = examined(settings, orthanc.peer, store=True)

    assert [step_of(found, name).verdict for name in WAY] == [OK, NOTE, OK, NOTE]
    assert "add AE title TRIAGE" in str(step_of(found, "commitment").change)


@needs("Orthanc")
def test_a_report_at_the_daemons_listener_is_seen_and_leaves_no_row(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    keeper = MemoryKeeper()
    with listening(keeper, reports=Reports(database)) as scp:
        ours = Peer("TRIAGE", "127.0.0.1", scp.port)
        given = {"TRIAGE_DATABASE__URL": database_url, "TRIAGE_LISTENER__PORT": str(scp.port)}
        settings = settings_for(tmp_path, TRIAGE_PACS__TIMEOUT_S="10", **given)
        with running_orthanc(tmp_path, ours) as orthanc:
            found = examined(settings, orthanc.peer, store=True)

    assert answers(found)[1:] == [
        "reported at the daemon's listener",
        "found",
        "0x0000, sent to the daemon",
    ]
    assert dcmread(BytesIO(keeper.kept[0].file)).PatientID == "TRIAGE-TEST"
    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.commitment)) == 0


@needs("Orthanc")
def test_a_pacs_that_the_listener_turns_away_is_named(tmp_path: Path) -> None:
    allowed = '[{"ae_title": "CR1", "host": "127.0.0.1"}]'
    settings = settings_for(tmp_path, TRIAGE_LISTENER__ALLOWED=allowed)

    with running_orthanc(tmp_path, listener_of(settings)) as orthanc:
        found = examined(settings, orthanc.peer, store=True)

    change = str(step_of(found, "commitment").change)
    assert change.startswith("PACS@127.0.0.1 came and was turned away (calling AE title and host")
    assert step_of(found, "move").verdict is NOTE


@needs("dcmqrscp")
def test_dcmqrscp_stores_finds_and_moves_to_us(settings: Settings, tmp_path: Path) -> None:
    with running_dcmqrscp(tmp_path, listener_of(settings)) as peer:
        found = examined(settings, peer, store=True)

    assert [step_of(found, name).answer for name in ("store", "find", "move")] == [
        "0x0000: success",
        "found",
        "0x0000, came here",
    ]


@needs("dcmqrscp")
def test_dcmqrscp_that_does_not_know_where_we_are_is_to_be_told(
    settings: Settings, tmp_path: Path
) -> None:
    with running_dcmqrscp(tmp_path) as peer:
        step = step_of(examined(settings, peer, store=True), "move")

    assert step.verdict is NOTE
    assert "add TRIAGE at the PACS as a destination: this machine (127.0.0.1" in str(step.change)


@pytest.mark.parametrize(
    ("status", "verdict", "change"),
    [
        (0x0000, OK, "None"),
        (0xB000, NOTE, "its coercion rules"),
        (0xA700, FAILED, "make room at the PACS"),
        (0xA800, FAILED, "let the PACS take Secondary Capture"),
        (0x0122, FAILED, "let the PACS take Secondary Capture"),
        (0x0124, FAILED, "permit TRIAGE to store at the PACS"),
        (0xA900, FAILED, "the PACS' log says what it dislikes"),
        (0xC000, FAILED, "the PACS' log says what it dislikes"),
    ],
)
def test_each_answer_to_the_store_has_its_remedy(
    settings: Settings, status: int, verdict: Verdict, change: str
) -> None:
    step = step_of(rehearsed(settings, Obedient({C_STORE_RQ: status})), "store")

    assert step.verdict is verdict
    assert change in str(step.change)


def test_after_a_failed_store_nothing_is_looked_for(settings: Settings) -> None:
    found = rehearsed(settings, Obedient({C_STORE_RQ: 0xA700}))

    assert found.steps[-1].step == "store"


def test_a_report_in_our_association_is_heard(settings: Settings) -> None:
    found = rehearsed(settings, Obedient())

    assert step_of(found, "commitment").answer == "reported in our association"


def test_every_step_goes_over_tls_too(settings: Settings, tmp_path: Path) -> None:
    hospital = Authority(tmp_path / "hospital")
    with scripted_pacs(Obedient(), tls=ours(hospital.papers())) as pacs:
        case = Case(pacs.peer, "TRIAGE", "pacs", outward(hospital.papers("TRIAGE")))
        found = examined(settings, pacs.peer, store=True, case=case)

    assert (found.tls, found.is_well) == (True, True)
    assert answers(found)[:3] == ["0x0000: success", "reported in our association", "found"]


def test_a_denial_is_a_failure_whatever_the_proof(settings: Settings) -> None:
    step = step_of(rehearsed(settings, Obedient(denied=0x0112)), "commitment")

    assert step.verdict is FAILED
    assert step.answer.endswith("denies it: 0x0112: no such object instance")


@pytest.mark.parametrize(("proof", "verdict"), [("auto", NOTE), ("commitment", FAILED)])
def test_a_report_that_never_comes_is_waited_for_until_the_deadline(
    tmp_path: Path, proof: str, verdict: Verdict
) -> None:
    settings = settings_for(tmp_path, TRIAGE_PACS__PROOF=proof)

    step = step_of(rehearsed(settings, Obedient(reports=False)), "commitment")

    assert (step.answer, step.verdict) == ("no report within 1 s", verdict)
    assert "let the PACS report to TRIAGE at this machine" in str(step.change)


def test_a_refused_request_is_told_with_its_status(settings: Settings) -> None:
    step = step_of(rehearsed(settings, Obedient({N_ACTION_RQ: 0x0110})), "commitment")

    assert (step.answer, step.verdict) == ("0x0110 to the request", NOTE)


@pytest.mark.parametrize(
    ("pacs", "answer"),
    [
        (Obedient(finds=False), "not found, though it was stored"),
        (Obedient({C_FIND_RQ: 0xA700}), "0xa700"),
    ],
)
def test_what_is_not_found_fails_where_proof_is_by_query(
    tmp_path: Path, pacs: Obedient, answer: str
) -> None:
    step = step_of(rehearsed(settings_for(tmp_path, TRIAGE_PACS__PROOF="query"), pacs), "find")

    assert (step.answer, step.verdict) == (answer, FAILED)


@pytest.mark.parametrize(
    ("pacs", "answer", "change"),
    [
        (Obedient({C_MOVE_RQ: 0xA801}), "0xa801, 0 failed", "as a destination"),
        (Obedient({C_MOVE_RQ: 0xA702}), "0xa702, 0 failed", "listener.allowed"),
        (Obedient({C_MOVE_RQ: 0x0124}), "0x0124, 0 failed", "permit TRIAGE to retrieve"),
        (Obedient(more={"1022": b"\1\0"}), "0x0000, 1 failed", "listener.allowed"),
        (Obedient(), "0x0000, but nothing came", "correct where the PACS thinks TRIAGE is"),
    ],
)
def test_each_answer_to_the_move_has_its_remedy(
    settings: Settings, pacs: Obedient, answer: str, change: str
) -> None:
    step = step_of(rehearsed(settings, pacs), "move")

    assert (step.answer, step.verdict) == (answer, NOTE)
    assert change in str(step.change)


def test_a_pacs_that_leaves_at_a_step_is_asked_for_the_next_anew(settings: Settings) -> None:
    found = rehearsed(settings, Obedient(leaves_at=N_ACTION_RQ))

    assert [step_of(found, name).verdict for name in WAY[:3]] == [OK, NOTE, OK]
