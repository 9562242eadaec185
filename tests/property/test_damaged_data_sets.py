"""Data sets in every state of damage, cut anywhere: a name or a refusal, and nothing else."""

import sys
import zlib
from functools import partial
from random import Random

import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate

from tests.builders.dataset import BIG_ENDIAN, CR, DEFLATED, IMPLICIT, encoded, film_dataset
from tests.builders.effort import FLAT_MB, LONGEST_S, run_cases
from tests.builders.mutation import cut, damaged
from tests.builders.studies import EXPLICIT, FILM
from triage.domain.errors import RejectedInstance
from triage.receive.arrival import Arrival, Inspection
from triage.receive.dataset import ElementWalk

SEED = 25
WANTED = frozenset({0x00080018, 0x0020000D})
COUNTS = [
    pytest.param(10_000, id="short"),
    pytest.param(2_000_000, id="long", marks=pytest.mark.chaos),
]


def nested() -> Dataset:
    """A film with a sequence in a sequence, once with and once without lengths."""
    inner, outer = Dataset(), Dataset()
    inner.PatientName = "Doe^Jane"
    outer.RequestAttributesSequence = [inner, Dataset()]
    film = film_dataset(RequestAttributesSequence=[outer, inner], SourceImageSequence=[inner])
    film["RequestAttributesSequence"].is_undefined_length = True
    film.PixelData = encapsulate([b"one", b"two", b"four"])
    film["PixelData"].VR = "OB"
    film["PixelData"].is_undefined_length = True
    return film


def deflated(contents: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(contents) + deflater.flush()


NESTED = encoded(nested())
WHOLE = [
    (EXPLICIT, encoded(film_dataset(PixelData=bytes(100)))),
    (EXPLICIT, NESTED),
    (IMPLICIT, encoded(nested(), transfer_syntax_uid=IMPLICIT)),
    (BIG_ENDIAN, encoded(film_dataset(), transfer_syntax_uid=BIG_ENDIAN)),
    (DEFLATED, deflated(NESTED)),
]


def named(syntax: str, pieces: list[memoryview]) -> Arrival | int:
    """Say what came, or the status with which it is refused."""
    inspection = Inspection(sop_class_uid=CR, sop_instance_uid=FILM, transfer_syntax_uid=syntax)
    try:
        for piece in pieces:
            inspection.feed(piece)
        return inspection.finish()
    except RejectedInstance as rejection:
        return rejection.status


def one_damaged_data_set(randomness: Random) -> None:
    """Whatever the damage and the cuts, the end is documented, and the cuts do not matter."""
    syntax, whole = randomness.choice(WHOLE)
    contents = damaged(whole, randomness)
    if syntax == DEFLATED and randomness.random() < 0.5:
        contents = deflated(damaged(NESTED, randomness))

    assert named(syntax, cut(contents, randomness)) == named(syntax, [memoryview(contents)])


@pytest.mark.parametrize("count", COUNTS)
def test_damage_ends_in_a_name_or_a_refusal_wherever_it_is_cut(count: int) -> None:
    effort = run_cases(one_damaged_data_set, seed=SEED, count=count)

    sys.stdout.write(f"data sets: {effort}\n")
    assert effort.longest_s < LONGEST_S
    assert effort.grown_mb < FLAT_MB


class Credulous(ElementWalk):
    """A walk that believes every delimiter."""

    def _close(self, tag: int) -> None:
        del tag
        self._levels.pop()


class Hasty(ElementWalk):
    """A walk that forgets what a cut has left of an element."""

    def feed(self, piece: bytes | memoryview) -> None:
        self._carry = b""
        super().feed(piece)


def one_damaged_walk(randomness: Random, *, kind: type[ElementWalk]) -> None:
    """As above, for a walk over explicit elements."""
    contents = damaged(NESTED, randomness)

    assert walked(kind, cut(contents, randomness)) == walked(kind, [memoryview(contents)])


def walked(kind: type[ElementWalk], pieces: list[memoryview]) -> dict[int, bytes] | int:
    walk = kind(WANTED, implicit=False, order="<")
    try:
        for piece in pieces:
            walk.feed(piece)
        return walk.finish()
    except RejectedInstance as rejection:
        return rejection.status


@pytest.mark.parametrize(("kind", "noticed"), [(Credulous, IndexError), (Hasty, AssertionError)])
def test_a_walk_without_its_guards_is_noticed(
    kind: type[ElementWalk], noticed: type[Exception]
) -> None:
    run_cases(partial(one_damaged_walk, kind=ElementWalk), seed=SEED, count=500)

    with pytest.raises(noticed):
        run_cases(partial(one_damaged_walk, kind=kind), seed=SEED, count=500)
