"""Sessions in every state of damage: all drafts end, what is kept is what was sent."""

import socket
import sys
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from tests.builders.dataset import CR, DEFLATED, IMPLICIT, encoded, film_dataset
from tests.builders.effort import FLAT_MB, LONGEST_S, run_cases, silence
from tests.builders.mutation import damaged, disordered
from tests.builders.pdus import HEADER, RELEASE, VERIFICATION, echo_rq, message, store_rq
from tests.builders.raw import associate_rq
from tests.builders.session import connected, is_within, run_session, sent_data_sets
from tests.builders.studies import EXPLICIT, FILM
from tests.property.test_damaged_data_sets import deflated, nested
from triage.receive.connection import NoRequest
from triage.receive.listening import listen_on
from triage.receive.negotiation import Unsupported, negotiate, titles
from triage.receive.pdu import ProtocolError
from triage.receive.streaming import DataPhase

SEED = 27
CONTEXTS = [(CR, [EXPLICIT]), (CR, [IMPLICIT]), (CR, [DEFLATED]), (VERIFICATION, [IMPLICIT])]
AGREEMENT = negotiate(associate_rq(CONTEXTS))
PLAIN = encoded(film_dataset())
STORE = store_rq(CR, FILM)
SESSION = (
    message(STORE, PLAIN, pdu_length=300)
    + message(echo_rq(), b"", context_id=7)
    + message(STORE, encoded(nested(), transfer_syntax_uid=IMPLICIT), context_id=3)
    + message(STORE, deflated(encoded(nested())), context_id=5)
    + message(STORE, PLAIN[:-10])
    + message(store_rq(CR, "2.25.999"), PLAIN, pdu_length=1000)
    + message(store_rq(CR, FILM, has_data_set=False), b"")
    + RELEASE
)
REQUESTS = [associate_rq(CONTEXTS), associate_rq(), associate_rq([(CR, [EXPLICIT, IMPLICIT])] * 20)]
SESSIONS = [
    pytest.param(1_500, id="short"),
    pytest.param(300_000, id="long", marks=pytest.mark.chaos),
]
ASSOCIATIONS = [
    pytest.param(500, id="short"),
    pytest.param(100_000, id="long", marks=pytest.mark.chaos),
]


def pdus_of(stream: bytes) -> list[bytes]:
    """Take a whole session apart."""
    found, place = [], 0
    while place < len(stream):
        end = place + HEADER.size + HEADER.unpack_from(stream, place)[1]
        found.append(stream[place:end])
        place = end
    return found


RECORDED = pdus_of(SESSION)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A listening socket, and nobody who logs."""
    with listen_on("127.0.0.1", 0) as listening, silence():
        listening.settimeout(10)
        yield listening


def one_damaged_session(
    randomness: Random, *, listening: socket.socket, kind: type[DataPhase] = DataPhase
) -> None:
    """Every draft ends once; what is kept was sent; a success is answered for what is kept."""
    stream = disordered(RECORDED, randomness)
    leaves = randomness.random() < 0.1

    outcome = run_session(
        listening,
        stream,
        AGREEMENT,
        few=randomness.choice((7, 100, 1000, 65_536)),
        leaves=leaves,
        kind=kind,
    )

    assert outcome.drafts_left == 0
    assert is_within(outcome.kept, sent_data_sets(stream))
    assert leaves or outcome.successes == len(outcome.kept)


def test_the_recorded_session_is_served_to_its_release(listening: socket.socket) -> None:
    outcome = run_session(listening, SESSION, AGREEMENT, few=65_536)

    assert outcome.error is None
    assert (len(outcome.kept), outcome.successes, len(outcome.keeper.turned_away)) == (3, 3, 3)


@pytest.mark.parametrize("count", SESSIONS)
def test_a_damaged_session_leaves_nothing_half_done(listening: socket.socket, count: int) -> None:
    case = partial(one_damaged_session, listening=listening)

    effort = run_cases(case, seed=SEED, count=count)

    sys.stdout.write(f"sessions: {effort}\n")
    assert effort.longest_s < LONGEST_S
    assert effort.grown_mb < FLAT_MB


def one_damaged_request(randomness: Random, *, listening: socket.socket) -> None:
    """An association request is agreed with, or turned away with documented words."""
    stream = damaged(randomness.choice(REQUESTS), randomness)

    with connected(listening, few=65_536) as (connection, peer):
        peer.sendall(stream)
        peer.shutdown(socket.SHUT_WR)
        try:
            request = connection.read_request()
            said = titles(request)
            agreed = negotiate(request)
        except (NoRequest, ProtocolError, Unsupported):
            return
    assert all(title.isascii() and title.isprintable() for title in said)
    assert agreed.accept[:2] == b"\2\0"
    assert set(agreed.transfer_syntaxes) <= set(range(256))


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("count", ASSOCIATIONS)
def test_a_damaged_request_is_agreed_with_or_turned_away(
    listening: socket.socket, count: int
) -> None:
    effort = run_cases(partial(one_damaged_request, listening=listening), seed=SEED, count=count)

    sys.stdout.write(f"association requests: {effort}\n")
    assert effort.longest_s < LONGEST_S
    assert effort.grown_mb < FLAT_MB


class Careless(DataPhase):
    """A data phase that takes any context."""

    def _check_context(self, context_id: int) -> None:
        del context_id


class Forgetful(DataPhase):
    """A data phase that leaves a draft where it fell."""

    def serve(self) -> None:
        while self._serve_one():
            pass


class Mistaken(DataPhase):
    """A data phase that hands on the first fragment of many twice."""

    def _hand_on(self) -> None:
        if len(self._pieces) > 1:
            self._pieces.insert(0, self._pieces[0])
        super()._hand_on()


@pytest.mark.parametrize(
    ("kind", "noticed"),
    [(Careless, KeyError), (Forgetful, AssertionError), (Mistaken, AssertionError)],
)
def test_a_data_phase_without_its_guards_is_noticed(
    listening: socket.socket, kind: type[DataPhase], noticed: type[Exception]
) -> None:
    with pytest.raises(noticed):
        run_cases(
            partial(one_damaged_session, listening=listening, kind=kind), seed=SEED, count=500
        )
