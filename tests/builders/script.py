"""Random sessions of a modality: played to a listener, they leave a transcript to compare."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.builders.dataset import CR, IMPLICIT, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.pdus import LONGEST, VERIFICATION, echo_rq, p_data, pdv, store_rq
from tests.builders.raw import ABORT, RELEASE, RawClient
from tests.builders.studies import EXPLICIT
from tests.builders.waiting import wait_until

PLAIN, IMPLICITLY, VERIFYING = 1, 3, 5
CONTEXTS = [(CR, [EXPLICIT]), (CR, [IMPLICIT]), (VERIFICATION, [IMPLICIT])]
_SYNTAXES = {PLAIN: EXPLICIT, IMPLICITLY: IMPLICIT}


@dataclass(frozen=True, slots=True)
class Step:
    """A request, or what ends the association."""

    name: str
    stream: bytes
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one session got and left; of a door entry its code, status and words."""

    answers: tuple[tuple[str, int | None], ...]
    kept: tuple[bytes, ...]
    turned_away: tuple[tuple[str, int | None, str], ...]
    visits: tuple[int, int]


def random_session(randomness: Random) -> list[Step]:
    """Some requests, good and bad, and an end."""
    requests = [randomness.choice(_REQUESTS)(randomness) for _ in range(randomness.randrange(8))]
    return [*requests, randomness.choice(ENDS)]


def play(
    session: Sequence[Step], port: int, keeper: MemoryKeeper, *, patience_s: float = 10.0
) -> Transcript:
    """Send step after step, each after the answer to the last, and wait for the visit's end."""
    with RawClient(port, timeout_s=patience_s) as modality:
        modality.associate(CONTEXTS)
        answers = list(_answers(modality, session))
    wait_until(lambda: not any(each.name == "connection" for each in threading.enumerate()))
    return Transcript(
        tuple(answers),
        tuple(kept.file for kept in keeper.kept),
        tuple((str(one.code), one.status, one.sentence) for one in keeper.turned_away),
        (len(keeper.visitors), len(keeper.ended)),
    )


def _answers(modality: RawClient, session: Sequence[Step]) -> Iterator[tuple[str, int | None]]:
    for step in session:
        modality.send(step.stream)
        if step.is_last and step.stream != RELEASE:
            return
        try:
            answer = modality.answer()
        except TimeoutError:
            yield "silence", None
            return
        yield answer.kind, answer.status
        if answer.kind != "response":
            return


def store(randomness: Random) -> Step:
    """A whole film."""
    context_id, uid = _context(randomness), _uid(randomness)
    data_set = _film(randomness, context_id, uid)
    return Step("store", _cut(store_rq(CR, uid), data_set, context_id, randomness))


def store_cut_short(randomness: Random) -> Step:
    """A film without its last bytes."""
    context_id, uid = _context(randomness), _uid(randomness)
    whole = _film(randomness, context_id, uid)
    data_set = whole[: randomness.randrange(1, len(whole))]
    return Step("cut short", _cut(store_rq(CR, uid), data_set, context_id, randomness))


def store_of_another(randomness: Random) -> Step:
    """A film whose command names another instance or class."""
    context_id, uid = _context(randomness), _uid(randomness)
    classes = {uid + "9": CR, uid: "1.2.840.10008.5.1.4.1.1.2"}
    said, sop_class_uid = randomness.choice(list(classes.items()))
    command = store_rq(sop_class_uid, said)
    data_set = _film(randomness, context_id, uid)
    return Step("another", _cut(command, data_set, context_id, randomness))


def store_of_babble(randomness: Random) -> Step:
    """Bytes that are no data set."""
    context_id = _context(randomness)
    babble = randomness.randbytes(randomness.randrange(8, 5000))
    return Step("babble", _cut(store_rq(CR, _uid(randomness)), babble, context_id, randomness))


def echo(randomness: Random) -> Step:
    """A verification."""
    command = echo_rq(randomness.randrange(65_536))
    return Step("echo", _cut(command, b"", VERIFYING, randomness))


_REQUESTS: tuple[Callable[[Random], Step], ...] = (
    store,
    store,
    store,
    store_cut_short,
    store_of_another,
    store_of_babble,
    echo,
)
_HALF = p_data(pdv(store_rq(CR, "2.25.5"), command=True)) + p_data(pdv(b"\x08\0", last=False))
ENDS = (
    Step("release", RELEASE, is_last=True),
    Step("abort", ABORT, is_last=True),
    Step("abort inside a film", _HALF + ABORT, is_last=True),
    Step("close", b"", is_last=True),
    Step("close inside a film", _HALF, is_last=True),
)


def _context(randomness: Random) -> int:
    return randomness.choice((PLAIN, IMPLICITLY))


def _uid(randomness: Random) -> str:
    return f"2.25.{randomness.randrange(1, 10**20)}"


def _film(randomness: Random, context_id: int, uid: str) -> bytes:
    pixels = randomness.randbytes(2 * randomness.choice((0, 1, 50, 3000, 100_000)))
    film = film_dataset(SOPInstanceUID=uid, PixelData=pixels)
    return encoded(film, transfer_syntax_uid=_SYNTAXES[context_id])


def _cut(command: bytes, data_set: bytes, context_id: int, randomness: Random) -> bytes:
    """Cut a message into fragments of random length, and put one or more of them in a PDU."""
    longest = randomness.choice((20, 300, 16_378, 131_000)) if len(data_set) < 10_000 else 16_378
    fragments = _fragments(command, context_id, longest, randomness, command=True)
    fragments += _fragments(data_set, context_id, longest, randomness, command=False)
    pdus, waiting = [], b""
    for fragment in fragments:
        if waiting and (randomness.random() < 0.5 or len(waiting + fragment) > LONGEST):
            pdus.append(p_data(waiting))
            waiting = b""
        waiting += fragment
    return b"".join([*pdus, p_data(waiting)])


def _fragments(
    data: bytes, context_id: int, longest: int, randomness: Random, *, command: bool
) -> list[bytes]:
    found, place = [], 0
    while place < len(data):
        end = min(len(data), place + randomness.randrange(1, longest + 1))
        part, last = data[place:end], end == len(data)
        found.append(pdv(part, context_id=context_id, command=command, last=last))
        place = end
    return found
