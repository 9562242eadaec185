"""What a PACS may do to a courier, and what becomes of the captures; each with its control."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from time import monotonic

import pytest
from pynetdicom.dsutils import decode
from sqlalchemy import Engine, text

from tests.builders.clock import Clock
from tests.builders.courier import Hired, destination, hired, object_of, post
from tests.builders.free_port import free_port
from tests.builders.pdus import (
    AFFECTED_SOP_INSTANCE_UID,
    C_FIND_RQ,
    P_DATA_TF,
    RELEASE,
    p_data,
    pdv,
)
from tests.builders.scripted import Accepts, Heard, ScriptedPacs, Talk, response, scripted_pacs
from tests.builders.studies import delivery_states
from tests.builders.waiting import wait_until
from triage.daemon.courier import run
from triage.domain.errors import DeliveryError, DeliveryPostponed
from triage.domain.study import DeliveryState, Peer
from triage.send.commitment import PUSH_MODEL
from triage.send.destination import Destination
from triage.send.message import C_STORE_RQ, N_ACTION_RQ
from triage.send.query import STUDY_ROOT_FIND
from triage.settings import load_settings
from triage.spool import Spool, digest_of

WAITING, PARKED = DeliveryState.WAITING, DeliveryState.PARKED
PROVEN, UNPROVEN = DeliveryState.PROVEN, DeliveryState.SENT_UNPROVEN
CAPTURE = "2.25.1"
DAY_S = 24 * 3600
ADDRESS_TWO = text("UPDATE delivery SET destination = :other WHERE sop_instance_uid <> '2.25.1'")


class Heedless(Destination):
    """Takes every end of a conversation for success."""

    def store(self, file: Path) -> str:
        try:
            return super().store(file)
        except DeliveryError:
            return "0x0000"


class Blind(Destination):
    """Never looks whether something is there already."""

    def has(self, file: Path) -> bool | None:
        del file
        return None


def storage_alone(abstract: str, proposed: list[str]) -> str | None:
    return None if abstract in {PUSH_MODEL, STUDY_ROOT_FIND} else proposed[0]


def storage_and_query(abstract: str, proposed: list[str]) -> str | None:
    return None if abstract == PUSH_MODEL else proposed[0]


def obliging(talk: Talk) -> None:
    talk.accept(storage_alone)
    talk.serve(lambda _: 0x0000)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def work_on(courier: Hired, clock: Clock, *, seconds: float, step_s: float = 15.0) -> None:
    """Let time go by, and the courier work."""
    for _ in range(int(seconds / step_s)):
        while courier.work():
            pass
        clock.wait(step_s)


def stored_at(pacs: ScriptedPacs) -> list[str]:
    return [heard.uid(AFFECTED_SOP_INSTANCE_UID) for heard in pacs.heard(C_STORE_RQ)]


# Row 15: the PACS is down.


def back_after_a_day(
    database: Engine, results: Path, clock: Clock, *, longest: timedelta = timedelta(minutes=1)
) -> tuple[list[str], list[str]]:
    """Let a PACS be down for a day; tell the states then, and what it gets within 90 s."""
    peer = Peer("PACS", "127.0.0.1", free_port())
    post(database, Spool(results), "2.25.1", "2.25.2", "2.25.3", peer=peer, now=clock.now)
    with database.begin() as connection:
        connection.execute(
            text("UPDATE delivery SET priority = 9 WHERE sop_instance_uid = '2.25.3'")
        )
    carrier = destination(database, peer)
    courier = hired(database, results, carrier, clock=lambda _: clock.now, longest=longest)
    work_on(courier, clock, seconds=DAY_S, step_s=120)
    before = list(courier.states())
    with scripted_pacs(obliging, port=peer.port) as pacs:
        work_on(courier, clock, seconds=90)
        carrier.close()
        return before, stored_at(pacs)


def test_a_pacs_that_was_down_for_a_day_gets_everything_soon_the_most_urgent_first(
    database: Engine, results: Path, clock: Clock
) -> None:
    before, arrived = back_after_a_day(database, results, clock)

    assert before == [WAITING] * 3
    assert arrived == ["2.25.3", "2.25.1", "2.25.2"]


def test_pauses_that_grow_without_end_would_be_noticed(
    database: Engine, results: Path, clock: Clock
) -> None:
    _, arrived = back_after_a_day(database, results, clock, longest=timedelta(days=30))

    assert arrived == []


# Row 16: what the PACS answers.

ANSWERS = [
    (0xA700, WAITING),
    (0xC000, PARKED),
    (0x0110, WAITING),
    (0xB000, UNPROVEN),
    (0x0111, UNPROVEN),
    (0xA900, PARKED),
    (0x0122, PARKED),
]


def end_after(
    database: Engine, results: Path, clock: Clock, status: int, kind: type[Destination]
) -> str:
    """Answer one capture with a status, and tell its end."""

    def answering(talk: Talk) -> None:
        talk.accept(storage_alone)
        talk.serve(lambda _: status)

    with scripted_pacs(answering) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer, now=clock.now)
        carrier = kind(pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0)
        courier = hired(database, results, carrier, clock=lambda _: clock.now)
        courier.work()
        carrier.close()
    return courier.states()[0]


@pytest.mark.parametrize(("status", "end"), ANSWERS)
def test_each_answer_ends_as_its_row_says(
    database: Engine, results: Path, clock: Clock, status: int, end: str
) -> None:
    assert end_after(database, results, clock, status, Destination) == end


@pytest.mark.parametrize(("status", "end"), [row for row in ANSWERS if row[1] != UNPROVEN])
def test_a_courier_that_heeds_no_answer_would_be_noticed(
    database: Engine, results: Path, clock: Clock, status: int, end: str
) -> None:
    assert end_after(database, results, clock, status, Heedless) != end


# Row 17: it aborts or closes in the middle.


def aborting_inside(talk: Talk) -> None:
    talk.accept(storage_alone, longest=256)
    while talk.read_pdu()[0] != P_DATA_TF:
        pass
    talk.abort()
    talk.hang()


def closing_inside(talk: Talk) -> None:
    talk.accept(storage_alone, longest=256)
    talk.read_pdu()


def releasing_inside(talk: Talk) -> None:
    talk.accept(storage_alone, longest=256)
    talk.read_pdu()
    talk.say(RELEASE)
    talk.hang()


Script = Callable[[Talk], None]
ENDINGS: list[Script] = [aborting_inside, closing_inside, releasing_inside]


def after_an_end(
    database: Engine, results: Path, clock: Clock, script: Script, kind: type[Destination]
) -> tuple[list[Heard], str]:
    """Let the first association end; tell what the next one brings, and the capture's end."""
    with scripted_pacs(script, obliging) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer, now=clock.now)
        carrier = kind(pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0)
        courier = hired(database, results, carrier, clock=lambda _: clock.now)
        work_on(courier, clock, seconds=10, step_s=1)
        carrier.close()
        return pacs.heard(C_STORE_RQ), courier.states()[0]


@pytest.mark.parametrize("script", ENDINGS)
def test_what_was_broken_off_comes_again_with_the_same_uid_and_bytes(
    database: Engine, results: Path, clock: Clock, script: Script
) -> None:
    (heard,), end = after_an_end(database, results, clock, script, Destination)

    assert heard.uid(AFFECTED_SOP_INSTANCE_UID) == CAPTURE
    assert object_of(CAPTURE).endswith(heard.data_set)
    assert end == UNPROVEN


@pytest.mark.parametrize("script", ENDINGS)
def test_a_courier_that_takes_an_end_for_success_would_be_noticed(
    database: Engine, results: Path, clock: Clock, script: Script
) -> None:
    heard, _ = after_an_end(database, results, clock, script, Heedless)

    assert heard == []


class Hasty(Destination):
    """Takes a refused query for none that is offered."""

    def has(self, file: Path) -> bool | None:
        try:
            return super().has(file)
        except DeliveryPostponed:
            return None


def stored_without_an_answer(
    database: Engine,
    results: Path,
    clock: Clock,
    kind: type[Destination],
    *,
    refusals: Sequence[int] = (),
) -> tuple[list[str], str]:
    """Let a PACS store and close before it answers; tell how often it stored, and the end.

    It refuses the first queries.
    """
    kept: list[bytes] = []
    refused = iter(refusals)

    def forgetful(talk: Talk) -> None:
        talk.accept(storage_and_query)
        kept.append(talk.hear().data_set)

    def answer(talk: Talk) -> None:
        talk.accept(storage_and_query)
        while True:
            heard = talk.hear()
            status = next(refused, 0) if heard.field == C_FIND_RQ else 0
            if heard.field == C_FIND_RQ and kept and not status:
                talk.answer(heard, 0xFF00, _found(heard))
            talk.answer(heard, status)

    with scripted_pacs(forgetful, answer) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer, now=clock.now)
        carrier = kind(pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0)
        courier = hired(database, results, carrier, clock=lambda _: clock.now)
        work_on(courier, clock, seconds=20, step_s=1)
        carrier.close()
        return stored_at(pacs), courier.states()[0]


def _found(heard: Heard) -> bytes:
    keys = decode(BytesIO(heard.data_set), is_implicit_vr=False, is_little_endian=True)
    assert keys.QueryRetrieveLevel == "IMAGE"
    return heard.data_set


def test_what_was_stored_without_an_answer_is_found_and_not_sent_twice(
    database: Engine, results: Path, clock: Clock
) -> None:
    stored, end = stored_without_an_answer(database, results, clock, Destination)

    assert (stored, end) == ([CAPTURE], PROVEN)


def proof_after_refusals(
    database: Engine, results: Path, clock: Clock, *, accepts: Accepts, refusals: Mapping[int, int]
) -> str:
    """Let a PACS refuse the first query, the first request for commitment; tell the end."""
    left = dict(refusals)

    def script(talk: Talk) -> None:
        talk.accept(accepts)
        while True:
            heard = talk.hear()
            status = left.pop(heard.field, 0)
            if heard.field == C_FIND_RQ and not status:
                talk.answer(heard, 0xFF00, _found(heard))
            talk.answer(heard, status)

    with scripted_pacs(script) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer, now=clock.now)
        carrier = destination(database, pacs.peer)
        courier = hired(database, results, carrier, clock=lambda _: clock.now)
        work_on(courier, clock, seconds=60, step_s=1)
        carrier.close()
        assert not left
        return courier.states()[0]


def commitment_alone(abstract: str, proposed: list[str]) -> str | None:
    return None if abstract == STUDY_ROOT_FIND else proposed[0]


@pytest.mark.parametrize(
    ("accepts", "refusals", "end"),
    [
        (storage_and_query, {C_FIND_RQ: 0xA700}, PROVEN),
        (commitment_alone, {N_ACTION_RQ: 0x0213}, DeliveryState.SENT),  # its report may come
        (commitment_alone, {N_ACTION_RQ: 0x0122}, UNPROVEN),
    ],
)
def test_a_proof_that_is_refused_for_a_moment_is_looked_for_again(
    database: Engine,
    results: Path,
    clock: Clock,
    *,
    accepts: Accepts,
    refusals: Mapping[int, int],
    end: str,
) -> None:
    told = proof_after_refusals(database, results, clock, accepts=accepts, refusals=refusals)

    assert told == end


MOMENT = (0xA700, 0xC001, 0xA700)


def test_what_is_looked_up_while_queries_are_refused_is_not_sent_twice(
    database: Engine, results: Path, clock: Clock
) -> None:
    told = stored_without_an_answer(database, results, clock, Destination, refusals=MOMENT)

    assert told == ([CAPTURE], PROVEN)


def test_a_courier_that_takes_a_refused_query_for_none_would_be_noticed(
    database: Engine, results: Path, clock: Clock
) -> None:
    stored, _ = stored_without_an_answer(database, results, clock, Hasty, refusals=MOMENT)

    assert stored == [CAPTURE] * 2


def test_a_courier_that_does_not_look_would_be_noticed(
    database: Engine, results: Path, clock: Clock
) -> None:
    stored, _ = stored_without_an_answer(database, results, clock, Blind)

    assert stored == [CAPTURE] * 2


# Row 18: it hangs, or trickles.


def hanging(talk: Talk) -> None:
    talk.accept(storage_alone)
    talk.hear()
    talk.hang()


def trickling(talk: Talk) -> None:
    talk.accept(storage_alone)
    talk.trickle(response(talk.hear(), 0x0000), every_s=1.0)


def dripping(talk: Talk) -> None:
    talk.accept(storage_alone)
    talk.hear()
    while not talk.end.wait(0.3):
        talk.say(p_data(pdv(b"", command=True, last=False)))


def mute(talk: Talk) -> None:
    talk.hang()


HELD_UP: list[Script] = [hanging, trickling, dripping, mute]


@pytest.mark.parametrize("script", HELD_UP)
def test_a_pacs_that_never_answers_holds_up_no_other(
    database: Engine, results: Path, script: Script
) -> None:
    with scripted_pacs(script) as slow, scripted_pacs(obliging) as quick:
        other = Peer("OTHER", quick.peer.host, quick.peer.port)
        post(database, Spool(results), "2.25.1", "2.25.2", "2.25.3", peer=slow.peer)
        with database.begin() as connection:
            connection.execute(ADDRESS_TWO, {"other": str(other)})
        patient = hired(
            database, results, destination(database, slow.peer, timeout_s=1.0), only=slow.peer
        )
        brisk = hired(database, results, destination(database, other), only=other)
        with ThreadPoolExecutor(1) as pool:
            began, held = monotonic(), pool.submit(patient.work)
            wait_until(lambda: slow.talks)
            while brisk.work():
                pass
            meanwhile = not held.done()
            held.result(10)
        lasted = monotonic() - began
        brisk.carrier.close()

    assert list(brisk.states()) == [WAITING, UNPROVEN, UNPROVEN]
    assert meanwhile
    assert lasted < 8


@pytest.mark.parametrize("script", [hanging, dripping, mute])
def test_a_courier_without_a_deadline_would_be_noticed(
    database: Engine, results: Path, script: Script
) -> None:
    with scripted_pacs(script) as slow, ThreadPoolExecutor(1) as pool:
        post(database, Spool(results), "2.25.1", peer=slow.peer)
        courier = hired(database, results, destination(database, slow.peer, timeout_s=4.0))
        held = pool.submit(courier.work)
        wait_until(lambda: slow.talks)
        with pytest.raises(TimeoutError):
            held.result(2)


def test_one_process_goes_to_all_destinations_and_none_waits_for_another(
    database: Engine, tmp_path: Path, database_url: str
) -> None:
    with scripted_pacs(mute) as slow, scripted_pacs(obliging) as quick:
        other = {"ae_title": "OTHER", "host": quick.peer.host, "port": quick.peer.port}
        settings = load_settings(
            None,
            environment={
                "TRIAGE_DATA__FOLDER": str(tmp_path),
                "TRIAGE_DATABASE__URL": database_url,
                "TRIAGE_PACS__PORT": str(slow.peer.port),
                "TRIAGE_PACS__TIMEOUT_S": "3",
                "TRIAGE_PACS__FURTHER": json.dumps([other]),
            },
        )
        post(database, Spool(tmp_path / "results"), "2.25.1", "2.25.2", peer=slow.peer)
        with database.begin() as connection:
            connection.execute(ADDRESS_TWO, {"other": str(settings.pacs.peers[1])})
        stop, began = threading.Event(), monotonic()
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(run, settings, stop=stop, ready=lambda _: None)
            wait_until(lambda: states_of(database) == [WAITING, UNPROVEN], within_s=10)
            took = monotonic() - began
            stop.set()
            ended.result(20)

    assert took < 3


def states_of(database: Engine) -> list[str]:
    with database.begin() as connection:
        return delivery_states(connection)


# Row 19: it accepts neither class nor syntax.


def test_a_capture_that_no_context_takes_is_parked_with_the_reason(
    database: Engine, results: Path, clock: Clock
) -> None:
    def refusing(talk: Talk) -> None:
        talk.accept(lambda abstract, proposed: proposed[0] if abstract == PUSH_MODEL else None)
        talk.serve(lambda _: 0x0000)

    with scripted_pacs(refusing) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer, now=clock.now)
        carrier = destination(database, pacs.peer)
        courier = hired(database, results, carrier, clock=lambda _: clock.now)
        courier.work()
        carrier.close()

    ((state, reason),) = courier.ends()
    assert state == PARKED
    assert "accepts no presentation context for" in str(reason)


# An object that is damaged on our own disk.


def cut(data: bytes) -> bytes:
    return data[: -len(data) // 4]


def without_its_value_representation(data: bytes) -> bytes:
    at = data.index(b"\x02\x00\x02\x00UI") + 4
    return data[:at] + b"\x55\x84" + data[at + 2 :]


Damage = Callable[[bytes], bytes]
DAMAGES: list[Damage] = [cut, without_its_value_representation]


def damaged(results: Path, damage: Damage) -> Path:
    file = Spool(results).path(digest_of(object_of(CAPTURE)))
    file.chmod(0o600)
    file.write_bytes(damage(file.read_bytes()))
    return file


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_capture_is_parked_and_the_others_are_delivered(
    database: Engine, results: Path, clock: Clock, damage: Damage
) -> None:
    with scripted_pacs(obliging) as pacs:
        post(database, Spool(results), CAPTURE, "2.25.2", peer=pacs.peer, now=clock.now)
        damaged(results, damage)
        courier = hired(
            database, results, destination(database, pacs.peer), clock=lambda _: clock.now
        )
        work_on(courier, clock, seconds=30)
        courier.carrier.close()

        assert courier.ends()[0] == (PARKED, "the stored object is damaged: its digest is another")
        assert (courier.states()[1], stored_at(pacs)) == (UNPROVEN, ["2.25.2"])


def test_a_destination_alone_would_deliver_what_is_cut(database: Engine, results: Path) -> None:
    with scripted_pacs(obliging) as pacs:
        post(database, Spool(results), CAPTURE, peer=pacs.peer)
        carrier = destination(database, pacs.peer)

        assert carrier.store(damaged(results, cut)) == "0x0000"
        carrier.close()
