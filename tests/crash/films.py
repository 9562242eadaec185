"""Films of many sizes, each a study of its own, made by the thousand."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from random import Random

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.studies import EXPLICIT
from triage.receive.arrival import part10_header
from triage.spool import digest_of

KB = 1000
SMALL, LARGE = 9 * KB, 1000 * KB
SIZES = (SMALL, 40 * KB, 200 * KB, LARGE)
SHARES = (8, 4, 2, 1)
_STUDY, _FILM = "2.25.4000000000", "2.25.5000000000"


@dataclass(frozen=True, slots=True)
class SentFilm:
    """A film on a modality's disk."""

    number: int
    size: int = SMALL
    study: int | None = None

    @property
    def uid(self) -> str:
        return _numbered(_FILM, self.number)

    @property
    def study_uid(self) -> str:
        return _numbered(_STUDY, self.number if self.study is None else self.study)

    @property
    def data_set(self) -> bytes:
        """The encoded data set; it takes no time to make."""
        head, tail = _halves(self.size)
        own = head.replace(_FILM.encode(), self.uid.encode())
        return own.replace(_STUDY.encode(), self.study_uid.encode()) + tail

    @property
    def digest(self) -> str:
        """The digest of the Part 10 file that a listener makes of it."""
        header = part10_header(
            sop_class_uid=CR, sop_instance_uid=self.uid, transfer_syntax_uid=EXPLICIT
        )
        return digest_of(header + self.data_set)


def films(seed: int, *, first: int = 0) -> Iterator[SentFilm]:
    """Make films without end: mostly small, some large."""
    chance = Random(seed)
    for number in count(first):
        yield SentFilm(number, chance.choices(SIZES, SHARES)[0])


@cache
def _halves(size: int) -> tuple[bytes, bytes]:
    """Return what comes before the pixels, which has all the UIDs, and the rest."""
    film = film_dataset(SOPInstanceUID=_FILM, StudyInstanceUID=_STUDY, PixelData=bytes(size))
    film.SeriesInstanceUID = f"{_STUDY}.1"
    contents = encoded(film)
    return contents[: len(contents) - size], contents[len(contents) - size :]


def _numbered(uid: str, number: int) -> str:
    return str(uid.removesuffix("0" * 9)) + f"{number:09d}"
