"""What should not happen and does: each ends in a clear state, and nothing is lost."""

from pathlib import Path

from pydicom import dcmread
from sqlalchemy import Engine

from tests.acceptance.conftest import EVERYBODY, Compose
from tests.builders.disk import small_disk
from tests.builders.free_port import free_port
from tests.builders.house import House, running_house
from tests.builders.pacs import Pacs, running_pacs
from tests.builders.sender import send
from tests.builders.waiting import wait_until
from triage.pipeline import Route
from triage.receive.admission import Admission
from triage.settings import Settings

OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0xA700, 0xC000


def test_a_full_disk_is_answered_out_of_resources_until_there_is_room(
    tmp_path: Path, database: Engine, flagging_route: Route, settings: Settings, samples: Path
) -> None:
    films = [samples / "dx_mass.dcm", samples / "cr_mass_chinese_name.dcm"]
    with (
        small_disk(tmp_path / "disk", size="1600k") as disk,
        running_house(
            disk, engine=database, route=flagging_route, settings=settings, allowed=EVERYBODY
        ) as house,
    ):
        full = send(films, house.peer)
        (kept,) = house.rows("instance")
        house.spool.remove(str(kept.digest))
        again = send(films[1:], house.peer)

        assert full == [0x0000, OUT_OF_RESOURCES]
        assert again == [0x0000]
        wait_until(lambda: house.rows("door_event"))
        assert [row.status for row in house.rows("door_event")] == [OUT_OF_RESOURCES]


def test_a_full_disk_under_the_results_blames_no_study(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "full", size="64k") as disk:
        house.keep_results_in(disk)
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        told = house.story_of(samples / "dx_mass.dcm")
    house.keep_results_in(tmp_path)
    house.make_due("study")
    house.settle()

    assert (told.study["state"], told.study["failures"]) == ("QUEUED", 0)
    assert "No space left on device" in str(told.events[-1]["reason"])
    assert len(pacs.received) == 1


def test_a_spool_that_is_away_says_nothing_about_the_film(
    house: House, pacs: Pacs, samples: Path
) -> None:
    send([samples / "dx_mass.dcm"], house.peer)
    (row,) = house.rows("instance")
    file = house.spool.path(str(row.digest))
    away = file.rename(file.with_suffix(".away"))
    house.settle()
    told = house.story_of(samples / "dx_mass.dcm")

    away.rename(file)
    house.make_due("study")
    house.settle()

    assert (told.study["state"], told.study["failures"]) == ("QUEUED", 1)
    assert "No such file or directory" in str(told.events[-1]["reason"])
    assert len(pacs.received) == 1


def test_a_film_that_is_cut_short_is_refused_and_recorded(
    house: House, samples: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.dcm"
    cut.write_bytes((samples / "cr_normal.dcm").read_bytes()[:-1000])

    answers = send([cut, samples / "cr_hand.dcm"], house.peer)
    wait_until(lambda: house.rows("door_event"))

    (event,) = house.rows("door_event")
    assert answers == [CANNOT_UNDERSTAND, 0x0000]
    assert event.status == CANNOT_UNDERSTAND
    assert "element 7FE00010 announces" in str(event.sentence)
    assert len(house.rows("instance")) == 1


def test_an_object_without_pixels_ends_not_assessed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    send([_without_pixels(samples / "cr_normal.dcm", tmp_path)], house.peer)
    house.settle()

    (row,) = house.rows("instance")
    assert (row.state, row.code) == ("NOT_ASSESSED", "no_pixels")
    assert pacs.received == []


def test_a_stranger_is_turned_away_and_recorded(compose: Compose, samples: Path) -> None:
    friends = Admission(frozenset({("CR1", "127.0.0.1")}))

    with compose(allowed=friends) as house:
        stranger = send([samples / "cr_hand.dcm"], house.peer, calling_ae_title="CR2")
        friend = send([samples / "cr_hand.dcm"], house.peer, calling_ae_title="CR1")
        wait_until(lambda: house.rows("door_event"))

        (event,) = house.rows("door_event")
        assert (stranger, friend) == ([None], [0x0000])
        assert (event.calling_ae_title, event.status) == ("CR2", None)


def test_a_pacs_that_cannot_be_reached_gets_the_capture_later(
    compose: Compose, settings: Settings, samples: Path
) -> None:
    port = free_port()
    away = settings.model_copy(update={"pacs": settings.pacs.model_copy(update={"port": port})})

    with compose(chosen=away) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        (waiting,) = house.rows("delivery")
        house.make_due("delivery")
        with running_pacs(port=port) as pacs:
            house.settle()
        (sent,) = house.rows("delivery")

    assert (waiting.state, waiting.attempts) == ("WAITING", 1)
    assert "cannot be reached" in str(waiting.reason)
    assert sent.state == "SENT_UNPROVEN"
    assert len(pacs.received) == 1


def _without_pixels(film: Path, folder: Path) -> Path:
    dataset = dcmread(film)
    del dataset.PixelData
    dataset.save_as(folder / "no-pixels.dcm")
    return folder / "no-pixels.dcm"
