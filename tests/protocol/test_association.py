"""An association that we request, against a PACS that follows a script."""

import contextlib
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from tests.builders.dataset import CR
from tests.builders.pdus import (
    AFFECTED_SOP_CLASS_UID,
    AFFECTED_SOP_INSTANCE_UID,
    COMMAND_FIELD,
    DATA_SET_TYPE,
    MESSAGE_ID,
    RELEASE,
    command_set,
    message,
    p_data,
    pdu,
    pdv,
)
from tests.builders.scripted import ScriptedPacs, Talk, response, scripted_pacs
from tests.builders.studies import EXPLICIT
from tests.builders.waiting import wait_until
from triage.send.association import Association, OnReport, refuse_reports
from triage.send.failure import Broken, Failure
from triage.send.message import C_STORE_RQ, FIELD, Message
from triage.send.pdu import Proposal

REPORT = {
    COMMAND_FIELD: struct.pack("<H", 0x0100),
    MESSAGE_ID: struct.pack("<H", 9),
    DATA_SET_TYPE: struct.pack("<H", 1),
    AFFECTED_SOP_CLASS_UID: b"1.2.840.10008.1.20.1",
    AFFECTED_SOP_INSTANCE_UID: b"1.2.840.10008.1.20.1.1",
    0x1002: struct.pack("<H", 1),
}


TIMEOUT_S = 2.0
EMPTY = p_data(pdv(b"", command=True, last=False))


def associated(
    pacs: ScriptedPacs,
    *,
    on_report: OnReport = refuse_reports,
    kind: type[Association] = Association,
) -> Association:
    return kind(
        pacs.peer,
        calling_ae_title="TRIAGE",
        proposals=[Proposal(CR, (EXPLICIT,))],
        timeout_s=TIMEOUT_S,
        on_report=on_report,
    )


def ask(association: Association) -> list[int]:
    context = association.agreement.contexts[0]
    answers = association.ask({FIELD: C_STORE_RQ}, b"data", context)
    return [answer.status for answer in answers]


def obliging(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


def test_an_association_serves_many_requests() -> None:
    with scripted_pacs(obliging) as pacs:
        association = associated(pacs)
        statuses = [ask(association) for _ in range(3)]
        association.release()

    assert statuses == [[0x0000]] * 3
    assert len(pacs.talks) == 1
    assert not association.is_open


def test_pending_answers_come_before_the_last() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        heard = talk.hear()
        for status in (0xFF00, 0xFF01, 0x0000):
            talk.answer(heard, status, b"data" if status else b"")

    with scripted_pacs(script) as pacs:
        assert ask(associated(pacs)) == [0xFF00, 0xFF01, 0x0000]


def test_a_report_between_request_and_response_is_taken() -> None:
    reports: list[tuple[bytes, str]] = []

    def take(report: Message, syntax: str) -> int:
        reports.append((report.data_set, syntax))
        return 0x0000

    def script(talk: Talk) -> None:
        (context_id,) = talk.accept()
        heard = talk.hear()
        talk.say(message(command_set(REPORT), b"report", context_id=context_id))
        assert talk.hear().command[0x0900] == b"\0\0"
        talk.answer(heard, 0x0000)

    with scripted_pacs(script) as pacs:
        statuses = ask(associated(pacs, on_report=take))

    assert (statuses, reports) == ([0x0000], [(b"report", EXPLICIT)])


def test_a_report_while_nothing_is_asked_is_taken() -> None:
    reports: list[bytes] = []

    def take(report: Message, _: str) -> int:
        reports.append(report.data_set)
        return 0x0000

    def script(talk: Talk) -> None:
        (context_id,) = talk.accept()
        talk.say(message(command_set(REPORT), b"report", context_id=context_id))
        talk.hear()

    with scripted_pacs(script) as pacs:
        associated(pacs, on_report=take).attend(within_s=5.0)

    assert reports == [b"report"]


def closing(talk: Talk) -> None:
    talk.accept()
    talk.hear()


def aborting(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.abort()
    talk.hang()


def releasing(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(RELEASE)
    talk.hang()


def hanging(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.hang()


def trickling(talk: Talk) -> None:
    talk.accept()
    talk.trickle(response(talk.hear(), 0x0000), every_s=0.3)


def dripping(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    while not talk.end.wait(0.3):
        talk.say(EMPTY)


def reporting_for_ever(talk: Talk) -> None:
    (context_id,) = talk.accept()
    talk.hear()
    while not talk.end.wait(0.3):
        talk.say(message(command_set(REPORT), b"report", context_id=context_id))


def babbling(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(pdu(0x09, b"babble"))
    talk.hang()


def answering_another(talk: Talk) -> None:
    talk.accept()
    heard = talk.hear()
    talk.say(
        message(
            command_set({**heard.command, COMMAND_FIELD: b"\x01\x80", DATA_SET_TYPE: b"\x01\x01"}),
            b"",
        )
    )
    talk.hang()


def cutting(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(p_data(pdv(b"\0\0", command=True)))
    talk.hang()


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (closing, Failure.CLOSED),
        (aborting, Failure.ABORTED),
        (releasing, Failure.CLOSED),
        (hanging, Failure.SILENT),
        (trickling, Failure.SILENT),
        (dripping, Failure.SILENT),
        (reporting_for_ever, Failure.SILENT),
        (babbling, Failure.GARBLED),
        (answering_another, Failure.GARBLED),
        (cutting, Failure.GARBLED),
    ],
)
def test_each_failure_is_told_apart_and_ends_the_association(
    script: Callable[[Talk], None], failure: Failure
) -> None:
    with scripted_pacs(script) as pacs:
        association = associated(pacs)

        with pytest.raises(Broken) as broken:
            ask(association)

    assert broken.value.failure is failure
    assert not association.is_open


class Renewing(Association):
    """Gives each PDU a deadline of its own."""

    def _receive(self) -> tuple[int, bytes]:
        self._deadline = self._connection.deadline()
        return super()._receive()


@pytest.mark.parametrize("script", [dripping, reporting_for_ever])
def test_a_deadline_that_each_pdu_renews_would_be_noticed(script: Callable[[Talk], None]) -> None:
    with scripted_pacs(script) as pacs, ThreadPoolExecutor(1) as pool:
        association = associated(pacs, kind=Renewing)
        asked = pool.submit(ask, association)

        with pytest.raises(TimeoutError):
            asked.result(3 * TIMEOUT_S)

        association.abort()


def test_each_pending_answer_has_a_deadline_of_its_own() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        heard = talk.hear()
        for status in (0xFF00, 0xFF00, 0x0000):
            talk.end.wait(0.7 * TIMEOUT_S)
            talk.answer(heard, status, b"data" if status else b"")

    with scripted_pacs(script) as pacs:
        assert ask(associated(pacs)) == [0xFF00, 0xFF00, 0x0000]


def test_a_peer_that_drips_while_nothing_is_asked_is_left_in_time() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        while not talk.end.wait(0.3):
            talk.say(EMPTY)

    with scripted_pacs(script) as pacs:
        association, began = associated(pacs), monotonic()
        association.attend(within_s=5.0)

    assert not association.is_open
    assert monotonic() - began < 3 * TIMEOUT_S


def test_a_peer_that_never_stops_reporting_is_attended_to_for_a_while() -> None:
    reports: list[bytes] = []

    def take(report: Message, _: str) -> int:
        reports.append(report.data_set)
        return 0x0000

    def script(talk: Talk) -> None:
        (context_id,) = talk.accept()
        while True:
            talk.say(message(command_set(REPORT), b"report", context_id=context_id))
            talk.hear()

    with scripted_pacs(script) as pacs:
        association = associated(pacs, on_report=take)
        association.attend(within_s=5.0)

    assert association.is_open
    assert reports


def test_a_peer_that_leaves_while_nothing_is_asked_is_noticed_before_the_next_request() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.say(RELEASE)
        talk.hang()

    with scripted_pacs(script) as pacs:
        association = associated(pacs)
        association.attend(within_s=5.0)

    assert not association.is_open


@pytest.mark.parametrize("told", [(1, 1, 3), (2, 3, 2)])
def test_a_rejection_is_told_with_its_reason(told: tuple[int, int, int]) -> None:
    with (
        scripted_pacs(lambda talk: talk.reject(*told)) as pacs,
        pytest.raises(Broken, match="rejected the association") as broken,
    ):
        associated(pacs)

    assert broken.value.failure is Failure.REJECTED


def test_a_released_association_says_so_to_the_peer() -> None:
    released: list[bool] = []

    def script(talk: Talk) -> None:
        talk.accept()
        talk.serve(lambda _: 0x0000)
        released.append(True)

    with scripted_pacs(script) as pacs:
        associated(pacs).release()
        wait_until(lambda: released)


def test_a_peer_that_talks_on_keeps_nobody_from_leaving() -> None:
    left: list[bool] = []

    def script(talk: Talk) -> None:
        talk.accept()
        talk.read_pdu()
        with contextlib.suppress(OSError):
            while not talk.end.is_set():
                talk.say(p_data(pdv(b"", command=True)))
        left.append(not talk.end.is_set())

    with scripted_pacs(script) as pacs:
        associated(pacs).release()
        wait_until(lambda: left)

    assert left == [True]
