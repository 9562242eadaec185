"""Programs of other protocols on the port, and modalities that speak at the same time."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.builders.crowd import silent_crowd
from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryDraft, MemoryKeeper
from tests.builders.raw import RawClient, message, store_rq
from tests.builders.studies import FILM
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.door import DoorCode, Refused
from triage.receive.book import Book
from triage.receive.scp import StorageSCP

ROUNDS = 10
PIXELS = [bytes([number]) * 2000 for number in range(4)]
FILMS = [encoded(film_dataset(PixelData=pixels)) for pixels in PIXELS]
SHORT_PDU = 100


@pytest.fixture
def scp(keeper: MemoryKeeper) -> Iterator[StorageSCP]:
    """A listener with its own data phase."""
    with listening(keeper) as scp:
        yield scp


def browse(port: int) -> None:
    """Ask for a page, as a browser or curl does."""
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with suppress(http.client.HTTPException, ConnectionError):
        browser.request("GET", "/")
        browser.getresponse()
    browser.close()


def greet(port: int) -> None:
    """Begin with TLS, as a scanner of certificates does."""
    context = ssl.create_default_context()
    with (
        suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(("127.0.0.1", port), timeout=10) as connected,
    ):
        context.wrap_socket(connected, server_hostname="triage")


def scan(port: int) -> None:
    """Look whether somebody listens, and go."""
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        pass


def visits_of_strangers(scp: StorageSCP) -> None:
    """Let each come again and again, and a modality last."""
    for _ in range(ROUNDS):
        for visit in (browse, greet, scan):
            visit(scp.port)
    with RawClient(scp.port) as modality:
        modality.associate()
        assert modality.store(FILMS[0], FILM) == 0x0000


def test_strangers_are_one_line_and_do_no_harm(
    scp: StorageSCP, keeper: MemoryKeeper, capfd: pytest.CaptureFixture[str]
) -> None:
    visits_of_strangers(scp)
    wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    lines = [line for line in capfd.readouterr().out.splitlines() if "turned away" in line]
    assert (refused.code, len(lines)) == (DoorCode.STRANGE, 1)


class Chatty(Book):
    """A book that counts nobody: each is the first of a kind."""

    def _is_first(self, refused: Refused) -> bool:
        del refused
        return True


def test_without_counting_strangers_are_a_flood(keeper: MemoryKeeper) -> None:
    with listening(keeper, book=Chatty(keeper)) as scp:
        visits_of_strangers(scp)

        wait_until(lambda: len(keeper.turned_away) == 3 * ROUNDS)


@dataclass
class Attentive(MemoryKeeper):
    """Keeps each instance in a file of its own, and notes how much was written."""

    written: list[int] = field(default_factory=list)

    def draft(self) -> MemoryDraft:
        return AttentiveDraft(self, written=self.written)


@dataclass
class AttentiveDraft(MemoryDraft):
    """One instance."""

    written: list[int] = field(default_factory=list)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        super().write(pieces)
        self.written.append(sum(map(len, pieces)))


@dataclass
class OneFile(Attentive):
    """Keeps all instances in one file."""

    file: bytearray = field(default_factory=bytearray)

    def draft(self) -> MemoryDraft:
        return AttentiveDraft(self, contents=self.file, written=self.written)


def sent_together(keeper: Attentive) -> list[bytes]:
    """Send films of one UID half by half at the same time; return the data sets kept, sorted."""
    streams = [message(store_rq(CR, FILM), film, pdu_length=SHORT_PDU) for film in FILMS]
    half = 10 * SHORT_PDU
    with listening(keeper) as scp, silent_crowd(scp.port, many=len(FILMS)) as modalities:
        for modality, stream in zip(modalities, streams, strict=True):
            modality.associate()
            modality.send(stream[:half])
        wait_until(lambda: sum(keeper.written) > len(FILMS) * 6 * SHORT_PDU)
        for modality, stream in zip(modalities, streams, strict=True):
            modality.send(stream[half:])
        assert [modality.answer().status for modality in modalities] == [0x0000] * len(FILMS)
    return sorted(kept.file[-len(FILMS[0]) :] for kept in keeper.kept)


def test_films_of_one_uid_that_come_at_the_same_time_are_kept_apart() -> None:
    assert sent_together(Attentive()) == sorted(FILMS)


def test_films_in_one_file_are_noticed() -> None:
    assert sent_together(OneFile()) != sorted(FILMS)
