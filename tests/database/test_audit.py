"""Database and folders are held against each other, on both engines."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.builders.disaster import Site, spoil
from tests.builders.studies import dead, queued
from triage.daemon.audit import MOST_LISTED
from triage.database.engine import DatabaseError, reading_engine
from triage.database.receipts import Receipt
from triage.domain.errors import ConfigurationError
from triage.domain.problem import ProblemCode

FILM, OTHER = "2.25.1", "2.25.2"


@pytest.fixture
def site(tmp_path: Path, database: Engine) -> Site:
    return Site(tmp_path, database)


@pytest.fixture
def looking(database_url: str) -> Iterator[Engine]:
    engine = reading_engine(database_url)
    yield engine
    engine.dispose()


def kept(site: Site) -> tuple[Receipt, str]:
    """Have a film with its capture, as the daemon leaves them before the capture is sent."""
    film = site.film(FILM)
    _, digest = site.capture(film)
    site.reindex()
    return film, digest


def codes(site: Site) -> dict[ProblemCode, int]:
    return dict(site.audit().counts)


def test_nothing_is_wrong_with_what_the_daemon_leaves(site: Site) -> None:
    kept(site)

    found = site.audit()

    assert found.problems == []
    assert dict(found.looked_at) == {
        "film rows": 1,
        "film files": 1,
        "capture rows": 1,
        "capture files": 1,
    }


def test_a_film_that_waits_without_its_file_is_lost(site: Site) -> None:
    film, now = site.film(FILM), site.now()
    with site.engine.begin() as connection:
        queued(connection, film, now=now)
    site.films.remove(film.digest)

    assert codes(site) == {ProblemCode.FILM_LOST: 1}


def test_a_film_that_was_assessed_without_its_file_is_missing(site: Site) -> None:
    film, _ = kept(site)
    site.films.remove(film.digest)

    assert codes(site) == {ProblemCode.FILM_MISSING: 1}


def test_a_film_that_was_swept_is_not_missing(site: Site) -> None:
    film, _ = kept(site)
    site.films.remove(film.digest)
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE instance SET swept_at = received_at"))

    assert codes(site) == {}


def test_a_film_that_was_swept_and_is_there_is_named(site: Site) -> None:
    kept(site)
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE instance SET swept_at = received_at"))

    assert codes(site) == {ProblemCode.FILM_UNSWEPT: 1}


def test_a_capture_that_waits_without_its_bytes_is_lost(site: Site) -> None:
    _, digest = kept(site)
    site.results.remove(digest)

    assert codes(site) == {ProblemCode.CAPTURE_LOST: 1}


def test_a_capture_that_was_proven_needs_no_bytes(site: Site) -> None:
    _, digest = kept(site)
    site.results.remove(digest)
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET state = 'PROVEN', sent_at = next_attempt_at"))

    assert ProblemCode.CAPTURE_LOST not in codes(site)


def test_a_flipped_byte_is_named(site: Site) -> None:
    film, digest = kept(site)
    spoil(site.films.path(film.digest))
    spoil(site.results.path(digest))

    assert codes(site) == {ProblemCode.FILM_ALTERED: 1, ProblemCode.CAPTURE_ALTERED: 1}


def test_a_file_that_no_row_names_is_named_once_it_is_not_on_its_way(site: Site) -> None:
    film = site.film(FILM)
    site.capture(film)
    site.film(OTHER, age_s=5)

    assert codes(site) == {ProblemCode.FILM_UNLISTED: 1, ProblemCode.CAPTURE_UNLISTED: 1}


def test_reindexing_mends_what_has_no_row(site: Site) -> None:
    site.capture(site.film(FILM))

    site.reindex()

    assert codes(site) == {}


def test_rows_that_contradict_each_other_are_named(site: Site) -> None:
    film, now = site.film(FILM), site.now()
    with site.engine.begin() as connection:
        dead(connection, film, now=now)
        connection.execute(text("UPDATE study SET state = 'QUEUED'"))

    assert codes(site) == {ProblemCode.STATE: 1}


def test_of_many_alike_all_are_counted_and_the_first_are_listed(site: Site) -> None:
    for number in range(MOST_LISTED + 5):
        site.films.write([str(number).encode()])
    shutil.copytree(site.folder / "spool", site.folder / "results")
    for path in (site.folder / "results").glob("??/*.dcm"):
        path.write_bytes(b"altered")

    found = site.audit()

    assert found.counts[ProblemCode.CAPTURE_ALTERED] == MOST_LISTED + 5
    assert len(found.problems) == MOST_LISTED


def test_nothing_is_written(site: Site, looking: Engine) -> None:
    site.capture(site.film(FILM))

    site.audit(looking)

    with pytest.raises(DatabaseError), looking.begin() as connection:
        connection.execute(text("UPDATE study SET priority = 1"))


def test_folders_that_are_not_there_are_not_made(site: Site) -> None:
    assert site.audit().problems == []
    assert list(site.folder.iterdir()) == [] or not (site.folder / "spool").exists()


def test_an_older_schema_is_named_and_its_rows_are_left_alone(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    assert codes(site) == {ProblemCode.SCHEMA: 1}


def test_a_newer_schema_is_refused(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="9999 is newer"):
        site.audit()
