"""Looking an instance up at its destination, against a PACS that follows a script."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pynetdicom.dsutils import decode

from tests.builders.dataset import encoded, film_dataset, part10
from tests.builders.pdus import C_FIND_RQ
from tests.builders.scripted import Talk, first_syntax, scripted_pacs
from tests.builders.studies import FILM
from triage.domain.errors import DeliveryPostponed
from triage.domain.study import Peer
from triage.send.destination import Destination
from triage.send.query import STUDY_ROOT_FIND


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return part10(tmp_path, encoded(film_dataset()))


def destination(peer: Peer) -> Destination:
    return Destination(peer, calling_ae_title="TRIAGE", timeout_s=5.0)


def test_a_query_that_names_the_instance_finds_it(capture: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        heard = talk.hear()
        talk.answer(heard, 0xFF00, heard.data_set)
        talk.answer(heard, 0x0000)

    with scripted_pacs(script) as pacs:
        found = destination(pacs.peer).has(capture)

    (heard,) = pacs.heard(C_FIND_RQ)
    keys = decode(BytesIO(heard.data_set), is_implicit_vr=False, is_little_endian=True)
    assert found is True
    assert (keys.QueryRetrieveLevel, keys.SOPInstanceUID) == ("IMAGE", FILM)
    assert (keys.StudyInstanceUID, keys.SeriesInstanceUID) == (
        film_dataset().StudyInstanceUID,
        film_dataset().SeriesInstanceUID,
    )


def other_instance(talk: Talk) -> None:
    talk.accept()
    heard = talk.hear()
    talk.answer(heard, 0xFF00, heard.data_set.replace(FILM.encode(), b"2.25.999"))
    talk.answer(heard, 0x0000)


def nothing_found(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


def failing(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0xC001)


def without_query(talk: Talk) -> None:
    talk.accept(
        lambda abstract, proposed: (
            None if abstract == STUDY_ROOT_FIND else first_syntax(abstract, proposed)
        )
    )
    talk.serve(lambda _: 0x0000)


@pytest.mark.parametrize(
    ("script", "found"),
    [(other_instance, False), (nothing_found, False), (without_query, None)],
)
def test_what_does_not_find_it_is_told_apart(
    capture: Path, script: Callable[[Talk], None], found: bool | None
) -> None:
    with scripted_pacs(script) as pacs:
        assert destination(pacs.peer).has(capture) is found


def test_a_refused_query_is_one_to_repeat(capture: Path) -> None:
    with scripted_pacs(failing) as pacs, pytest.raises(DeliveryPostponed, match="0xc001") as told:
        destination(pacs.peer).has(capture)

    assert (told.value.reached, told.value.in_doubt) == (True, True)


def test_a_peer_that_refuses_every_query_is_left_alone_after_ten_minutes(capture: Path) -> None:
    seconds = [0.0]
    with scripted_pacs(failing) as pacs:
        there = Destination(
            pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0, clock=lambda: seconds[0]
        )
        for seconds[0] in (0.0, 599.0, 600.0):
            with pytest.raises(DeliveryPostponed):
                there.has(capture)
        told = there.has(capture), len(pacs.heard(C_FIND_RQ))

    assert told == (None, 3)


def test_a_query_that_is_answered_meanwhile_is_not_left_alone(capture: Path) -> None:
    seconds, statuses = [0.0], iter([0xA700, 0x0000, 0xA700, 0x0000])

    def script(talk: Talk) -> None:
        talk.accept()
        talk.serve(lambda _: next(statuses))

    with scripted_pacs(script) as pacs:
        there = Destination(
            pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0, clock=lambda: seconds[0]
        )
        for seconds[0] in (0.0, 700.0):
            with pytest.raises(DeliveryPostponed):
                there.has(capture)
            assert there.has(capture) is False


def test_a_peer_that_goes_away_when_it_is_queried_is_not_asked_for_ever(capture: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.hear()

    with scripted_pacs(script) as pacs:
        there = destination(pacs.peer)
        for _ in range(3):
            with pytest.raises(DeliveryPostponed):
                there.has(capture)

        assert there.has(capture) is None
