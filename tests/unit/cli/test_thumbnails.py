"""Pictures of the films behind a report's rows, from a spool of real files."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection

from tests.builders.clock import NOON
from tests.builders.reads import assessed_study, imported, reading
from tests.builders.studies import receipt
from tests.unit.decode.headers import film, saved
from triage.cli.thumbnails import films_of, pictures
from triage.database.questions import DISAGREEMENTS, WORKLIST
from triage.database.statistics import ask
from triage.domain.reading import Answer
from triage.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def digest(spool: Spool, tmp_path: Path) -> str:
    """The digest of a spooled film of 64 x 64."""
    return spool.write([saved(film(), tmp_path / "film.dcm").read_bytes()])


def test_a_disagreement_has_the_film_that_speaks_loudest(connection: Connection) -> None:
    assessed_study(connection, "2.25.7")
    imported(connection, reading(study_uid="2.25.7", answer=Answer.ABSENT))

    table = ask(connection, DISAGREEMENTS, since=NOON.date())

    assert films_of(connection, DISAGREEMENTS, table) == [receipt("2.25.7.1").digest]


def test_other_reports_have_no_films(connection: Connection) -> None:
    assessed_study(connection)

    table = ask(connection, WORKLIST, since=NOON.date())

    assert films_of(connection, WORKLIST, table) == []


def test_each_row_gets_the_picture_of_its_film(spool: Spool, digest: str) -> None:
    drawn = pictures([None, digest, digest], spool.folder)

    assert drawn.keys() == {1, 2}
    with Image.open(BytesIO(drawn[1])) as image:
        assert (image.format, image.size) == ("JPEG", (64, 64))


def test_a_film_that_was_swept_has_none(spool: Spool, digest: str) -> None:
    spool.remove(digest)

    assert pictures([digest], spool.folder) == {}


def test_what_is_no_film_has_none_and_the_others_have(spool: Spool, digest: str) -> None:
    nonsense = spool.write([b"nonsense"])

    assert pictures([nonsense, digest], spool.folder).keys() == {1}


def test_where_no_spool_is_nothing_is_drawn_or_made(tmp_path: Path) -> None:
    assert pictures(["ab" * 32], tmp_path / "nowhere") == {}
    assert not (tmp_path / "nowhere").exists()
