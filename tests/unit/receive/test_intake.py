from collections.abc import Sequence

import pytest

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryDraft, MemoryKeeper
from tests.builders.studies import EXPLICIT, FILM
from triage.domain.errors import RejectedInstance
from triage.receive.intake import MOST_PIECES, Caller, Intake, Visit

CONTENTS = encoded(film_dataset())


def begun(keeper: MemoryKeeper, *, sop_class_uid: str = CR) -> Intake:
    return Intake(
        Visit(keeper, Caller("CR1", "10.0.0.1")),
        sop_class_uid=sop_class_uid,
        sop_instance_uid=FILM,
        transfer_syntax_uid=EXPLICIT,
    )


class FullDisk(MemoryDraft):
    """A draft on a disk that fills up."""

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        super().write(pieces)
        if len(self.contents) > 500:
            raise RejectedInstance(0xA700, "spool: No space left on device")


class NoRoom(MemoryKeeper):
    """A keeper that takes nothing."""

    def draft(self) -> MemoryDraft:
        raise RejectedInstance(0xA700, "spool: 1.0 GB are free")


class Filling(MemoryKeeper):
    """A keeper whose disk fills up."""

    def draft(self) -> MemoryDraft:
        return FullDisk(self)


def test_an_instance_is_kept_with_its_header() -> None:
    keeper = MemoryKeeper()
    intake = begun(keeper)

    intake.feed([memoryview(CONTENTS)[:100], memoryview(CONTENTS)[100:]])

    assert intake.finish() == (0x0000, "")
    assert keeper.kept[0].file.endswith(CONTENTS)
    assert keeper.kept[0].file[128:132] == b"DICM"


def test_very_many_pieces_are_taken_too() -> None:
    keeper = MemoryKeeper()
    intake = begun(keeper)

    intake.feed([CONTENTS[place : place + 1] for place in range(len(CONTENTS))])

    assert len(CONTENTS) > MOST_PIECES
    assert intake.finish() == (0x0000, "")


def test_a_data_set_that_is_cut_short_is_refused_and_dropped() -> None:
    keeper = MemoryKeeper()
    intake = begun(keeper)

    intake.feed([CONTENTS[:-10]])

    assert intake.finish()[0] == 0xC000
    assert (keeper.kept, keeper.discarded) == ([], 1)
    assert keeper.visitors == []


def test_what_is_no_storage_is_never_drafted() -> None:
    keeper = MemoryKeeper()
    intake = begun(keeper, sop_class_uid="1.2.840.10008.1.1")

    intake.feed([CONTENTS])

    assert intake.finish()[0] == 0x0122
    assert keeper.discarded == 0


@pytest.mark.parametrize("keeper", [NoRoom(), Filling()])
def test_without_room_the_rest_is_read_and_answered(keeper: MemoryKeeper) -> None:
    intake = begun(keeper)

    for place in range(0, len(CONTENTS), 100):
        intake.feed([CONTENTS[place : place + 100]])

    assert intake.finish()[0] == 0xA700
    assert keeper.kept == []


def test_a_refusal_is_recorded_with_who_sent_it() -> None:
    keeper = MemoryKeeper()

    begun(keeper).finish()

    (refused,) = keeper.turned_away
    assert (refused.calling_ae_title, refused.host) == ("CR1", "10.0.0.1")
    assert refused.status == 0xA900


def test_a_refused_instance_does_not_hold_on_to_the_buffer_that_it_came_in() -> None:
    buffer = bytearray(18)
    intake = begun(MemoryKeeper())

    intake.feed([memoryview(buffer)])

    assert intake.finish()[0] == 0xC000
    buffer.clear()  # it cannot be resized while anybody looks at it


def test_an_instance_whose_association_ends_leaves_nothing() -> None:
    keeper = MemoryKeeper()
    intake = begun(keeper)

    intake.feed([CONTENTS[:100]])
    intake.cut()

    assert (keeper.kept, keeper.discarded, keeper.turned_away) == ([], 1, [])


def test_a_visit_without_a_film_is_not_noted() -> None:
    keeper = MemoryKeeper()

    Visit(keeper, Caller("CR1", "10.0.0.1")).end()

    assert (keeper.visitors, keeper.ended) == ([], [])


def test_a_visit_ends_once() -> None:
    keeper = MemoryKeeper()
    visit = Visit(keeper, Caller("CR1", "10.0.0.1"))

    numbers = [visit.number, visit.number]
    visit.end()
    visit.end()

    assert (numbers, keeper.ended) == ([1, 1], [1])
