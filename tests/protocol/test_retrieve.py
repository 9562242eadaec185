"""C-MOVE and C-GET, from real archives and from a PACS that follows a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders.archives import Shot, running_dcmqrscp
from tests.builders.dataset import CR
from tests.builders.keeper import MemoryKeeper
from tests.builders.matches import answering, keys_of, operations, session_with, store_in
from tests.builders.orthanc import running_orthanc
from tests.builders.pdus import LONGEST, P_DATA_TF, announce, message, store_rq
from tests.builders.scripted import Heard, Script, Talk, scripted_pacs
from tests.builders.sender import send
from tests.builders.studies import EXPLICIT
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.study import Peer
from triage.receive.contexts import TRANSFER_SYNTAXES
from triage.receive.intake import Caller, Intake, Visit
from triage.send.failure import Broken
from triage.send.message import C_GET_RQ, C_MOVE_RQ, Message, OnStore
from triage.send.pdu import Proposal
from triage.send.retrieve import (
    STUDY_ROOT_GET,
    Wanted,
    get,
    get_proposals,
    move,
    move_proposals,
)
from triage.send.session import Session

SHOTS = [Shot("2.25.1"), Shot("2.25.1", 2), Shot("2.25.1", modality="SR"), Shot("2.25.2")]
SERIES = Wanted("2.25.1", "2.25.1.3")
FILM = Shot("2.25.1").dataset()


def taking(keeper: MemoryKeeper) -> OnStore:
    """Take what is stored as the listener does."""
    visit = Visit(keeper, Caller("PACS", "127.0.0.1"))

    def take(request: Message, transfer_syntax: str) -> Intake:
        return Intake(
            visit,
            sop_class_uid=request.sop_class_uid,
            sop_instance_uid=request.sop_instance_uid,
            transfer_syntax_uid=transfer_syntax,
        )

    return take


@contextmanager
def getting(peer: Peer, keeper: MemoryKeeper, *proposals: Proposal) -> Iterator[Session]:
    session = Session(
        peer,
        calling_ae_title="TRIAGE",
        proposals=proposals or get_proposals(TRANSFER_SYNTAXES),
        timeout_s=5.0,
        on_store=taking(keeper),
    )
    yield session
    session.close()


def kept(keeper: MemoryKeeper) -> set[str]:
    return {one.arrival.sop_instance_uid for one in keeper.kept}


def moved(peer: Peer, wanted: Wanted, *, to: str = "TRIAGE") -> str | None:
    session = session_with(peer, *move_proposals())
    try:
        return session.ask(lambda association: move(association, wanted, to_ae_title=to))
    finally:
        session.close()


def got(peer: Peer, keeper: MemoryKeeper, wanted: Wanted) -> str | None:
    with getting(peer, keeper) as session:
        return session.ask(lambda association: get(association, wanted))


@contextmanager
def archive(name: str, folder: Path, keeper: MemoryKeeper) -> Iterator[Peer]:
    """Run Orthanc or dcmqrscp with some films, and a listener that it knows."""
    with listening(keeper) as scp:
        ours = Peer("TRIAGE", "127.0.0.1", scp.port)
        if name == "Orthanc":
            with running_orthanc(folder, ours) as orthanc:
                send([shot.file(folder) for shot in SHOTS], orthanc.peer)
                yield orthanc.peer
        else:
            with running_dcmqrscp(folder, ours) as peer:
                send([shot.file(folder) for shot in SHOTS], peer)
                yield peer


each_archive = pytest.mark.parametrize(
    "name",
    [
        pytest.param("Orthanc", marks=needs("Orthanc")),
        pytest.param("dcmqrscp", marks=needs("dcmqrscp")),
    ],
)


@each_archive
def test_a_real_archive_sends_a_series_alone(
    name: str, tmp_path: Path, keeper: MemoryKeeper
) -> None:
    with archive(name, tmp_path, keeper) as peer:
        by_move = moved(peer, SERIES)
        wait_until(lambda: len(keeper.kept) == 2)
        by_get = got(peer, keeper, SERIES)

    assert (by_move, by_get) == (None, None)
    assert [one.arrival.series_uid for one in keeper.kept] == ["2.25.1.3"] * 4
    assert kept(keeper) == {"2.25.1.3.1", "2.25.1.3.2"}


@each_archive
def test_a_real_archive_sends_one_instance_alone(
    name: str, tmp_path: Path, keeper: MemoryKeeper
) -> None:
    with archive(name, tmp_path, keeper) as peer:
        one = Wanted("2.25.1", "2.25.1.3", "2.25.1.3.2")
        answers = moved(peer, one), got(peer, keeper, one)

    assert answers == (None, None)
    assert kept(keeper) == {"2.25.1.3.2"}


@each_archive
def test_a_real_archive_that_does_not_know_the_destination_says_so(
    name: str, tmp_path: Path, keeper: MemoryKeeper
) -> None:
    with archive(name, tmp_path, keeper) as peer:
        answer = moved(peer, SERIES, to="NOBODY")

    assert answer is not None
    assert kept(keeper) == set()


def test_a_move_names_its_destination_and_its_level() -> None:
    def done(talk: Talk, heard: Heard) -> None:
        talk.answer(heard, 0xFF00)
        talk.answer(heard, 0x0000)

    with scripted_pacs(answering(done)) as pacs:
        answer = moved(pacs.peer, Wanted("2.25.1"), to="ODD")

    (heard,) = pacs.heard(C_MOVE_RQ)
    assert answer is None
    assert heard.command[0x0600] == b"ODD "
    assert keys_of(heard).QueryRetrieveLevel == "STUDY"


@pytest.mark.parametrize(
    ("status", "failed", "words"),
    [
        (0x0000, 1, "0x0000: success, 1 failed"),
        (0xA702, 0, "0xa702: out of resources: nothing can be sent now"),
        (0xA801, 0, "0xa801: move destination unknown: the PACS does not know our AE title"),
        (0xB000, 2, "0xb000: some were not sent, 2 failed"),
        (0xC123, 0, "0xc123: unable to process"),
        (0xFE00, 0, "0xfe00: cancelled"),
    ],
)
def test_what_was_not_sent_is_told_in_words(status: int, failed: int, words: str) -> None:
    def end(talk: Talk, heard: Heard) -> None:
        talk.answer(heard, status, **operations(failed))

    with scripted_pacs(answering(end)) as pacs:
        assert moved(pacs.peer, SERIES) == words


def test_a_peer_that_does_not_offer_it_is_told_apart() -> None:
    def script(talk: Talk) -> None:
        talk.accept(lambda *_: None)
        talk.serve(lambda _: 0x0000)

    with scripted_pacs(script) as pacs:
        assert moved(pacs.peer, SERIES) == "the retrieval is not offered"


GET = Proposal(STUDY_ROOT_GET, (EXPLICIT,))
CR_FILMS = Proposal(CR, (EXPLICIT,), as_scp=True)
FILMS_IN = 3
"""The ID of the second context."""


def got_from(script: Script, keeper: MemoryKeeper) -> str | None:
    with (
        scripted_pacs(script) as pacs,
        getting(pacs.peer, keeper, GET, CR_FILMS) as session,
    ):
        return session.ask(lambda association: get(association, SERIES))


def test_what_is_stored_in_the_association_is_answered_when_it_is_kept(
    keeper: MemoryKeeper,
) -> None:
    statuses: list[int] = []

    def serve(talk: Talk, heard: Heard) -> None:
        statuses.append(store_in(talk, FILMS_IN, FILM))
        talk.answer(heard, 0xFF00)
        statuses.append(store_in(talk, FILMS_IN, Shot("2.25.1", 2).dataset()))
        talk.answer(heard, 0x0000)

    answer = got_from(answering(serve), keeper)

    assert (answer, statuses) == (None, [0x0000, 0x0000])
    assert kept(keeper) == {"2.25.1.3.1", "2.25.1.3.2"}


def test_what_contradicts_its_command_is_refused_and_the_rest_is_kept(
    keeper: MemoryKeeper,
) -> None:
    statuses: list[int] = []

    def serve(talk: Talk, heard: Heard) -> None:
        talk.say(message(store_rq(CR, "2.25.9"), b"\x08\0\x18\0UI\x02\x001\0", context_id=FILMS_IN))
        statuses.append(int.from_bytes(talk.hear().command[0x0900], "little"))
        statuses.append(store_in(talk, FILMS_IN, FILM))
        talk.answer(heard, 0xB000, **operations(1))

    answer = got_from(answering(serve), keeper)

    assert (answer, statuses) == ("0xb000: some were not sent, 1 failed", [0xA900, 0x0000])
    assert kept(keeper) == {"2.25.1.3.1"}


def test_of_a_film_that_breaks_off_nothing_stays(keeper: MemoryKeeper) -> None:
    def serve(talk: Talk, _: Heard) -> None:
        whole = message(store_rq(CR, "2.25.1.3.1"), bytes(5000), context_id=FILMS_IN)
        talk.say(whole[:-1000])
        raise EOFError

    with pytest.raises(Broken, match="closed the connection"):
        got_from(answering(serve), keeper)

    assert (keeper.discarded, kept(keeper)) == (1, set())


def test_a_store_that_nobody_asked_for_is_refused() -> None:
    statuses: list[int] = []

    def serve(talk: Talk, heard: Heard) -> None:
        statuses.append(store_in(talk, heard.context_id, FILM))
        talk.answer(heard, 0x0000)

    with scripted_pacs(answering(serve)) as pacs:
        moved(pacs.peer, SERIES)

    assert statuses == [0x0211]


def test_a_fragment_that_is_longer_than_agreed_ends_the_association(keeper: MemoryKeeper) -> None:
    def serve(talk: Talk, _: Heard) -> None:
        talk.say(announce(P_DATA_TF, LONGEST + 1))
        talk.hang()

    with pytest.raises(Broken, match="131072 were negotiated"):
        got_from(answering(serve), keeper)


def test_each_syntax_of_each_class_has_a_context_of_its_own() -> None:
    proposals = get_proposals(TRANSFER_SYNTAXES)

    assert len(proposals) == 1 + 4 * len(TRANSFER_SYNTAXES)
    assert len(proposals) <= 128
    assert [one.as_scp for one in proposals[:2]] == [False, True]


def test_a_get_is_asked_in_the_association_that_takes_the_films(keeper: MemoryKeeper) -> None:
    def serve(talk: Talk, heard: Heard) -> None:
        talk.answer(heard, 0x0000)

    with scripted_pacs(answering(serve)) as pacs:
        got(pacs.peer, keeper, SERIES)

    (heard,) = pacs.heard(C_GET_RQ)
    assert keys_of(heard).SeriesInstanceUID == "2.25.1.3"
