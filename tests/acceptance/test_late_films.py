"""A film that comes after its study was closed: its own result is added, none is made again."""

from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from tests.acceptance.conftest import Compose
from tests.builders.account import send_all
from tests.builders.house import House
from tests.builders.shipment import Shipment
from tests.unit.decode.headers import film, saved
from triage.daemon.worker import Worker
from triage.database import results, schema
from triage.domain.study import Instance, Lease


def film_of_the_study(folder: Path, number: int) -> Shipment:
    """One film of the same study and patient."""
    right = film(
        StudyInstanceUID="2.25.2",
        SOPInstanceUID=f"2.25.3.{number}",
        PatientID="4711",
        StudyDate="20260101",
    )
    return Shipment.of(saved(right, folder / f"{number}.dcm"))


def outcome(house: House) -> tuple[str, int, list[str]]:
    """Return the study's state, how many results there are, and the states of its films."""
    (study,) = house.rows("study")
    films = [str(row.state) for row in house.rows("instance")]
    return str(study.state), len(house.rows("assessment")), films


def test_a_late_film_adds_one_result_and_leaves_the_first(house: House, tmp_path: Path) -> None:
    send_all([film_of_the_study(tmp_path, 1)], house.peer.port)
    house.settle()
    (before,) = house.rows("assessment")

    send_all([film_of_the_study(tmp_path, 2)], house.peer.port)
    house.settle()

    assert outcome(house) == ("DONE", 2, ["ASSESSED", "ASSESSED"])
    assert house.rows("assessment")[0] == before


def all_films(connection: Connection, lease: Lease) -> list[Instance]:
    """Return the study's films, also those that have an end."""
    ids = select(schema.instance.c.sop_instance_uid).where(
        schema.instance.c.study_id == lease.study_id
    )
    return [results.receipts_of(connection, uid)[0] for uid in connection.scalars(ids)]


def test_a_house_that_judges_everything_again_is_noticed(compose: Compose, tmp_path: Path) -> None:
    with compose(worker=partial(Worker, films_of=all_films)) as house:
        send_all([film_of_the_study(tmp_path, 1)], house.peer.port)
        house.settle()
        assert outcome(house) == ("DONE", 1, ["ASSESSED"])

        send_all([film_of_the_study(tmp_path, 2)], house.peer.port)
        house.settle()

        assert outcome(house) != ("DONE", 2, ["ASSESSED", "ASSESSED"])
