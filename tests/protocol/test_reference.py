"""Random sessions with our data phase and with pynetdicom's: all the same, but for what we mend."""

import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from pynetdicom.association import Association

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.pdus import (
    C_FIND_RQ,
    FOUR_GIB,
    P_DATA_TF,
    RELEASE,
    announce,
    command_set,
    echo_rq,
    message,
    p_data,
    pdu,
    pdv,
    request,
    store_rq,
)
from tests.builders.raw import RawClient
from tests.builders.script import ENDS, VERIFYING, Step, Transcript, play, random_session
from tests.builders.studies import FILM
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.receive.stock import drafts_in
from triage.receive.streaming import DataPhase

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io:pytest.PytestUnraisableExceptionWarning"
    ),
]

SEED = 28
DATA_SET = encoded(film_dataset())
COMMAND = store_rq(CR, FILM)
LONG_UID = "1." + "2" * 70
OUR_PATIENCE_S, ITS_PATIENCE_S = 10.0, 0.5
COUNTS = [
    pytest.param(30, id="short"),
    pytest.param(1_000, id="long", marks=pytest.mark.chaos),
]


@pytest.fixture(autouse=True)
def drafts(tmp_path: Path) -> Iterator[Path]:
    """The folder of temporary files: pynetdicom leaves half data sets in it, and open."""
    with drafts_in(tmp_path):
        yield tmp_path
        gc.collect()


def transcript(
    session: Sequence[Step], *, streaming: bool, patience_s: float = OUR_PATIENCE_S
) -> Transcript:
    """Play a session to a listener of its own, and wait until it has forgotten it."""
    keeper = MemoryKeeper()
    with listening(keeper, data_phase=DataPhase if streaming else None) as scp:
        told = play(session, scp.port, keeper, patience_s=patience_s)
        wait_until(lambda: not any(isinstance(one, Association) for one in threading.enumerate()))
    return told


@pytest.mark.parametrize("count", COUNTS)
def test_random_sessions_are_answered_and_kept_alike(count: int) -> None:
    sessions = [random_session(Random(SEED << 32 | number)) for number in range(count)]

    ours = [transcript(session, streaming=True) for session in sessions]
    reference = [transcript(session, streaming=False) for session in sessions]

    statuses = [status for one in ours for _, status in one.answers if status is not None]
    sys.stdout.write(f"{count} sessions, {len(statuses)} answers: {set(statuses)}\n")
    assert {0x0000, 0xA900, 0xC000} <= set(statuses)
    assert ours == reference


@pytest.mark.parametrize("seed", range(5))
def test_another_session_has_another_transcript(seed: int) -> None:
    session = random_session(Random(seed))
    damaged = [*session[:-1], Step("store", message(COMMAND, DATA_SET)), session[-1]]

    assert transcript(session, streaming=True) != transcript(damaged, streaming=False)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_no_end_leaves_a_file_behind(end: Step, drafts: Path) -> None:
    transcript([end], streaming=True)

    assert list(drafts.iterdir()) == []


@pytest.mark.parametrize("end", [end for end in ENDS if "inside" in end.name])
def test_no_end_leaves_a_file_of_pynetdicom_behind(end: Step, drafts: Path) -> None:
    transcript([end], streaming=False)

    assert list(drafts.iterdir()) == []


def test_a_half_film_of_pynetdicom_is_a_file_meanwhile(drafts: Path) -> None:
    half = p_data(pdv(COMMAND, command=True)) + p_data(pdv(DATA_SET[:8], last=False))

    with (
        listening(MemoryKeeper(), data_phase=None) as scp,
        RawClient(scp.port) as modality,
    ):
        modality.associate()
        modality.send(half)

        wait_until(lambda: list(drafts.iterdir()))


ALIKE = {
    "data before command": p_data(pdv(DATA_SET)),
    "fragment beyond its PDU": pdu(P_DATA_TF, b"\0\0\x0f\xff\1\3" + bytes(10)),
    "half a fragment header": pdu(P_DATA_TF, bytes(3)),
    "second association request": pdu(1, bytes(68)),
    "unknown PDU type": pdu(0x99, bytes(4)),
    "no data set": p_data(pdv(store_rq(CR, FILM, has_data_set=False), command=True)),
    "empty data set": message(COMMAND, b"") + p_data(pdv(b"")),
    "verification in a storage context": message(echo_rq(), b"", context_id=1),
    "empty PDU": p_data() + message(echo_rq(), b"", context_id=VERIFYING),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_odd_is_answered_alike(name: str) -> None:
    session = [Step(name, ALIKE[name]), Step("release", RELEASE)]

    ours, reference = (transcript(session, streaming=streaming) for streaming in (True, False))

    assert ours.answers == reference.answers
    assert ours.kept == reference.kept


MENDED = {
    # pynetdicom aborts because a UID is too long: an archive would send the film for ever.
    "long UID": (
        message(store_rq(CR, LONG_UID), encoded(film_dataset(SOPInstanceUID=LONG_UID))),
        ("response", 0x0000),
        ("abort", None),
    ),
    # Its thread ends with an AttributeError, which closes the connection without a word.
    "empty UID": (
        message(store_rq(CR, ""), encoded(film_dataset(SOPInstanceUID=""))),
        ("response", 0x0000),
        ("end", None),
    ),
    "no command set": (p_data(pdv(bytes(72), command=True)), ("abort", None), ("end", None)),
    # Its thread ends with a KeyError.
    "unknown context": (message(COMMAND, DATA_SET, context_id=9), ("abort", None), ("end", None)),
    # It keeps the film in the command's context; PS3.8 E.1 has one context for a message.
    "data of another context": (
        p_data(pdv(COMMAND, command=True), pdv(DATA_SET, context_id=3)),
        ("abort", None),
        ("response", 0x0000),
    ),
    # It joins both commands, and waits for ever for a data set.
    "command inside data": (
        p_data(pdv(COMMAND, command=True), pdv(b"\0", last=False), pdv(COMMAND, command=True)),
        ("abort", None),
        ("silence", None),
    ),
    # It hears neither.
    "query in a storage context": (
        message(command_set(request(C_FIND_RQ, has_data_set=True)), DATA_SET),
        ("response", 0x0211),
        ("silence", None),
    ),
    "response to nothing": (
        p_data(
            pdv(
                command_set({**request(0x8001, has_data_set=False), 0x0900: bytes(2)}), command=True
            )
        ),
        ("abort", None),
        ("silence", None),
    ),
    # Our guard of its socket can only end the connection.
    "monstrous PDU": (announce(P_DATA_TF, FOUR_GIB), ("abort", None), ("end", None)),
}
"""What is sent, what we answer, and what pynetdicom answers."""


@pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", MENDED)
def test_what_is_answered_otherwise_on_purpose(name: str) -> None:
    stream, ours, reference = MENDED[name]
    session = [Step(name, stream)]

    mended = transcript(session, streaming=True)
    as_it_was = transcript(session, streaming=False, patience_s=ITS_PATIENCE_S)

    assert mended.answers == (ours,)
    assert as_it_was.answers == (reference,)
