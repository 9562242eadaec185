"""Modalities that store all the time, come again when cut off, and resend what was not kept."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event

from tests.builders.raw import Journal, RawClient
from tests.crash.films import SentFilm, films

SENDERS = 8
FILMS_A_VISIT = 10
EACH = 10_000_000
PAUSE_S = 0.02


@dataclass
class Storm:
    """What was sent and what was answered."""

    journal: Journal = field(default_factory=Journal)
    films: dict[str, SentFilm] = field(default_factory=dict)
    stop: Event = field(default_factory=Event)

    @property
    def acknowledged(self) -> Mapping[str, str]:
        """The digest of every film that was answered 0x0000."""
        return {uid: self.films[uid].digest for uid in self.journal.acknowledged}

    @property
    def statuses(self) -> set[int]:
        """Every status that was answered."""
        answers = list(self.journal.answers.values())
        return {status for each in answers for status in each if status is not None}

    def times(self, status: int) -> int:
        """Return how often this was answered."""
        return sum(each.count(status) for each in list(self.journal.answers.values()))

    def sender(self, port: int, number: int, *, seed: int) -> None:
        """Store until the storm stops."""
        waiting = films(seed + number, first=number * EACH)
        film = next(waiting)
        while not self.stop.is_set():
            with suppress(OSError), RawClient(port) as client:
                film = self._visit(client, film, waiting)
            self.stop.wait(PAUSE_S)

    def _visit(self, client: RawClient, film: SentFilm, waiting: Iterator[SentFilm]) -> SentFilm:
        """Store some films in one association; return the next one to be sent."""
        if client.associate().kind != "accept":
            return film
        for _ in range(FILMS_A_VISIT):
            self.films[film.uid] = film
            status = None
            try:
                status = client.store(film.data_set, film.uid)
            finally:
                self.journal.note(film.uid, status)
            if status != 0x0000:
                return film
            film = next(waiting)
            if self.stop.is_set():
                break
        client.release()
        return film


@contextmanager
def storm(port: int, *, seed: int, senders: int = SENDERS) -> Iterator[Storm]:
    """Let modalities store until the block ends."""
    storm = Storm()
    with ThreadPoolExecutor(senders) as pool:
        sending = [pool.submit(storm.sender, port, each, seed=seed) for each in range(senders)]
        try:
            yield storm
        finally:
            storm.stop.set()
        for each in sending:
            each.result()
