"""An association that is opened again where it has ended."""

import pytest

from tests.builders.matches import session_with
from tests.builders.scripted import Talk, scripted_pacs
from triage.send.association import Association
from triage.send.failure import Broken
from triage.send.message import C_FIND_RQ, FIELD


def status(association: Association) -> int:
    context = association.agreement.contexts[0]
    return association.ask({FIELD: C_FIND_RQ}, b"", context)[-1].status


def serving(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


def serving_once(talk: Talk) -> None:
    talk.accept()
    talk.answer(talk.hear(), 0x0000)


def test_questions_share_an_association() -> None:
    with scripted_pacs(serving) as pacs:
        session = session_with(pacs.peer)
        statuses = [session.ask(status) for _ in range(3)]
        session.close()

    assert (statuses, len(pacs.talks)) == ([0, 0, 0], 1)


def test_a_question_is_asked_anew_where_the_peer_had_ended_the_association() -> None:
    with scripted_pacs(serving_once) as pacs:
        session = session_with(pacs.peer)
        statuses = [session.ask(status) for _ in range(3)]
        session.close()

    assert (statuses, len(pacs.talks)) == ([0, 0, 0], 3)


def test_a_new_association_that_ends_too_is_told() -> None:
    def leaving(talk: Talk) -> None:
        talk.accept()
        talk.hear()

    with scripted_pacs(serving_once, leaving) as pacs:
        session = session_with(pacs.peer)
        session.ask(status)

        with pytest.raises(Broken, match="closed the connection"):
            session.ask(status)

    assert len(pacs.talks) == 2


def test_a_session_that_never_asked_closes_in_silence() -> None:
    with scripted_pacs(serving) as pacs:
        session_with(pacs.peer).close()

    assert pacs.talks == []
