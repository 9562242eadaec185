from tests.builders.keeper import MemoryKeeper
from triage.domain.door import DoorCode, Refused
from triage.receive.book import ELSEWHERE, MOST_HOSTS, Book

SCANNER = Refused(DoorCode.STRANGE, "10.0.0.9", "HTTP or another text protocol")


def test_the_first_of_a_kind_is_told_at_once() -> None:
    keeper = MemoryKeeper()

    Book(keeper).write(SCANNER)

    assert keeper.turned_away == [SCANNER]


def test_the_next_ones_are_told_as_a_number() -> None:
    keeper = MemoryKeeper()
    book = Book(keeper, every_s=0.0)

    for _ in range(500):
        book.write(SCANNER)
    book.tell_counted()

    assert [entry.times for entry in keeper.turned_away] == [1, 499]


def test_a_number_is_not_told_before_its_time() -> None:
    keeper = MemoryKeeper()
    book = Book(keeper, every_s=1000.0)

    for _ in range(2):
        book.write(SCANNER)
    book.tell_counted()

    assert len(keeper.turned_away) == 1


def test_at_the_end_every_number_is_told() -> None:
    keeper = MemoryKeeper()
    book = Book(keeper, every_s=1000.0)

    for _ in range(3):
        book.write(SCANNER)
    book.tell_counted(all_of_them=True)

    assert [entry.times for entry in keeper.turned_away] == [1, 2]


def test_another_title_is_another_entry() -> None:
    keeper = MemoryKeeper()
    book = Book(keeper)

    for title in ("CR1", "CR2", "CR1"):
        book.write(Refused(DoorCode.CALLING, "10.0.0.9", "", calling_ae_title=title))

    assert [entry.calling_ae_title for entry in keeper.turned_away] == ["CR1", "CR2"]


def test_a_flood_of_hosts_is_counted_together() -> None:
    keeper = MemoryKeeper()
    book = Book(keeper, every_s=0.0)

    for number in range(MOST_HOSTS + 500):
        book.write(Refused(DoorCode.STRANGE, f"10.0.{number >> 8}.{number & 255}", ""))
    told_at_once = len(keeper.turned_away)
    book.tell_counted()

    assert told_at_once == MOST_HOSTS + 1
    assert (keeper.turned_away[-1].host, keeper.turned_away[-1].times) == (ELSEWHERE, 499)
