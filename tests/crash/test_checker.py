"""The checker's own negative controls: what it looks for, it finds."""

from pathlib import Path

from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from tests.crash.checker import Checker


def test_a_missing_file_is_noticed(house: House, samples: Path, tmp_path: Path) -> None:
    send([samples / "cr_hand.dcm"], house.peer)
    (row,) = house.rows("instance")
    checker = Checker(house.engine, tmp_path)
    before = checker.lost([str(row.sop_instance_uid)])

    house.spool.remove(str(row.digest))

    assert before == []
    assert checker.lost([str(row.sop_instance_uid)]) == [row.sop_instance_uid]


def test_an_instance_without_a_row_is_noticed(house: House, tmp_path: Path) -> None:
    assert Checker(house.engine, tmp_path).lost(["2.25.1"]) == ["2.25.1"]


def test_a_partial_file_is_noticed(house: House, samples: Path, tmp_path: Path) -> None:
    send([samples / "cr_hand.dcm"], house.peer)
    (row,) = house.rows("instance")
    path = house.spool.path(str(row.digest))

    path.write_bytes(path.read_bytes()[:-1])

    assert Checker(house.engine, tmp_path).partial() == [path.name]


def test_an_unfinished_study_is_noticed(house: House, samples: Path, tmp_path: Path) -> None:
    send([samples / "cr_hand.dcm"], house.peer)

    ((_, state),) = Checker(house.engine, tmp_path).unfinished()

    assert state == "RECEIVING"


def test_a_capture_that_never_came_is_noticed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    checker = Checker(house.engine, tmp_path)
    before = checker.undelivered(pacs)

    pacs.received.clear()

    assert before == set()
    assert len(checker.undelivered(pacs)) == 1
