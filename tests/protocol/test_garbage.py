"""A listener under damaged requests and sessions: no traceback, every visit ends, still there."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from tests.builders.dataset import encoded, film_dataset
from tests.builders.effort import silence
from tests.builders.keeper import MemoryKeeper
from tests.builders.memory import measured_growth
from tests.builders.mutation import damaged, disordered, seeded
from tests.builders.pdus import HEADER
from tests.builders.raw import RawClient, associate_rq
from tests.builders.studies import FILM
from tests.builders.waiting import wait_until
from tests.property.test_damaged_sessions import CONTEXTS, RECORDED
from tests.protocol.conftest import listening
from triage.receive.negotiation import Unsupported, negotiate
from triage.receive.pdu import ProtocolError
from triage.receive.scp import StorageSCP
from triage.receive.streaming import DataPhase

SEED = 29
FLAT_MB = 24
UNEXPECTED = "unexpected error"
FILM_SENT = encoded(film_dataset())
COUNTS = [
    pytest.param(300, id="short"),
    pytest.param(30_000, id="long", marks=pytest.mark.chaos),
]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


class Drain(MemoryKeeper):
    """Counts what it keeps, and lets it go."""

    films = 0

    def closed(self, association_id: int) -> None:
        super().closed(association_id)
        self.films += len(self.kept)
        self.kept.clear()
        self.turned_away.clear()


@pytest.fixture
def keeper() -> Drain:
    return Drain()


@pytest.fixture
def scp(keeper: Drain) -> Iterator[StorageSCP]:
    """A listener with its own data phase."""
    with listening(keeper) as scp:
        yield scp


def stream_of(randomness: Random) -> bytes:
    """A damaged request, or a good one and a damaged session."""
    request = associate_rq(CONTEXTS)
    broken = damaged(request, randomness)
    if randomness.random() < 0.3 and is_ours(broken):
        return broken
    return request + disordered(RECORDED, randomness)


def is_ours(request: bytes) -> bool:
    """Tell whether pynetdicom, whose threads end with tracebacks, gets nothing of this."""
    try:
        return negotiate(request[: HEADER.size + int.from_bytes(request[2:6], "big")]).storage_only
    except (ProtocolError, Unsupported):
        return True


def besiege(port: int, *, count: int) -> None:
    """Send damaged streams, and read from each connection until the listener closes it."""
    for randomness in seeded(SEED, count):
        with RawClient(port) as client, suppress(ConnectionError):
            client.send(stream_of(randomness))
            with suppress(OSError):  # it has closed already
                client.socket.shutdown(socket.SHUT_WR)
            while client.socket.recv(65_536):
                pass


@pytest.mark.parametrize("count", COUNTS)
def test_a_listener_survives_damaged_streams(
    scp: StorageSCP, keeper: Drain, count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with silence(), measured_growth() as growth:
        besiege(scp.port, count=count)
    with RawClient(scp.port) as modality:
        modality.associate()
        status = modality.store(FILM_SENT, FILM)
    wait_until(lambda: len(keeper.ended) == len(keeper.visitors))

    assert status == 0x0000
    assert keeper.films > count // 10
    assert growth.megabytes < FLAT_MB
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said
    assert UNEXPECTED not in said


class Careless(DataPhase):
    """A data phase that takes any context."""

    def _check_context(self, context_id: int) -> None:
        del context_id


def test_an_error_that_nobody_expects_is_noticed(
    keeper: Drain, capfd: pytest.CaptureFixture[str]
) -> None:
    with listening(keeper, data_phase=Careless) as scp:
        besiege(scp.port, count=300)

    wait_until(lambda: UNEXPECTED in "".join(capfd.readouterr()))
