"""C-FIND against a PACS that follows a script: floods, failures, broken and empty answers."""

import pytest
from pydicom import Dataset

from tests.builders.matches import PENDING, answering, match, matching, session_with
from tests.builders.pdus import C_CANCEL_RQ
from tests.builders.scripted import Heard, Script, Talk, scripted_pacs
from triage.send.failure import Broken
from triage.send.find import Found, find
from triage.send.query import STUDY_ROOT_FIND

ONE = match(StudyInstanceUID="2.25.1")


def uid(found: Dataset) -> str | None:
    return str(found.get("StudyInstanceUID", "")) or None


def found_by(script: Script, *, most: int = 100) -> Found[str]:
    keys = Dataset()
    keys.QueryRetrieveLevel = "STUDY"
    with scripted_pacs(script) as pacs:
        session = session_with(pacs.peer)
        try:
            return session.ask(
                lambda a: find(a, STUDY_ROOT_FIND, keys, read=uid, most=most, most_after_cancel=50)
            )
        finally:
            session.close()


def test_every_match_is_found() -> None:
    assert found_by(answering(matching({"STUDY": [ONE] * 3}))) == Found(("2.25.1",) * 3)


def test_ten_thousand_matches_are_found() -> None:
    found = found_by(answering(matching({"STUDY": [ONE] * 10_000})), most=10_000)

    assert (len(found.matches), found.failure) == (10_000, None)


def test_no_match_is_no_failure() -> None:
    assert found_by(answering(matching({}))) == Found(())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xA700, "0xa700: out of resources"),
        (0xA900, "0xa900: identifier does not match SOP class"),
        (0xC001, "0xc001: unable to process"),
        (0xFE00, "0xfe00: cancelled"),
        (0x0124, "0x0124: not authorized"),
        (0x0999, "0x0999: unknown status"),
    ],
)
def test_a_failure_is_told_and_what_came_before_it_is_kept(status: int, words: str) -> None:
    script = answering(matching({"STUDY": [ONE]}, statuses={"STUDY": status}))

    assert found_by(script) == Found(("2.25.1",), words)


@pytest.mark.filterwarnings("ignore::UserWarning")  # as the daemon does
@pytest.mark.parametrize("broken", [b"", match(PatientID="4711"), b"\xff" * 40])
def test_a_match_that_cannot_be_read_costs_the_others_nothing(broken: bytes) -> None:
    def answer(talk: Talk, heard: Heard) -> None:
        for one in (ONE, broken or match(StudyInstanceUID=""), ONE):
            talk.answer(heard, PENDING, one)
        talk.answer(heard, 0x0000)

    assert found_by(answering(answer)) == Found(("2.25.1",) * 2, "1 matches cannot be read")


def test_a_query_that_brings_too_much_is_cancelled() -> None:
    heard_cancel = []

    def flood(talk: Talk, heard: Heard) -> None:
        for _ in range(8):
            talk.answer(heard, PENDING, ONE)
        heard_cancel.append(talk.hear().field)
        talk.answer(heard, 0xFE00)

    assert found_by(answering(flood), most=5) == Found(("2.25.1",) * 5, "more than 5 matches")
    assert heard_cancel == [C_CANCEL_RQ]


def test_a_flood_that_no_cancel_ends_is_cut_off() -> None:
    def flood(talk: Talk, heard: Heard) -> None:
        while True:
            talk.answer(heard, PENDING, ONE)

    with pytest.raises(Broken, match="go on after the query was cancelled"):
        found_by(answering(flood), most=5)


def test_a_peer_without_the_query_is_told_apart() -> None:
    def script(talk: Talk) -> None:
        talk.accept(lambda *_: None)
        talk.serve(lambda _: 0x0000)

    assert found_by(script) == Found((), "the query is not offered")


def test_a_peer_that_goes_away_in_the_middle_breaks_the_query() -> None:
    def leave(talk: Talk, heard: Heard) -> None:
        talk.answer(heard, PENDING, ONE)
        talk.abort()
        talk.hang()

    with pytest.raises(Broken, match="aborted the association"):
        found_by(answering(leave))
