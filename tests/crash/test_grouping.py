"""kill -9 between the last film of a study and its completion: grouping resumes from the rows."""

from sqlalchemy import text

from tests.builders.raw import RawClient
from tests.builders.waiting import wait_until
from tests.crash.films import SentFilm
from tests.crash.listeners import Listeners
from tests.crash.site import Site

STUDY = 77
FILMS = [SentFilm(number, study=STUDY) for number in range(3)]
LATE = SentFilm(9, study=STUDY)


def store(listeners: Listeners, *films: SentFilm) -> None:
    """Store films in an association that is cut off when its listener is killed."""
    with RawClient(listeners.port) as modality:
        modality.associate()
        assert [modality.store(film.data_set, film.uid) for film in films] == [0] * len(films)
        listeners.only.kill()


def start_again(listeners: Listeners) -> None:
    listeners.only.start()
    listeners.only.wait_ready()


def studies(site: Site) -> list[tuple[str, int]]:
    """Return the state of every study, and how many films it has."""
    query = """SELECT study.state, COUNT(*) AS films FROM study
        JOIN instance ON instance.study_id = study.id GROUP BY study.id, study.state"""
    with site.engine.begin() as connection:
        return [(row.state, row.films) for row in connection.execute(text(query))]


def test_a_study_whose_listener_died_is_queued_whole_and_once(site: Site) -> None:
    with site.listeners("product") as listeners:
        store(listeners, *FILMS)
        before = site.complete_silent()
        start_again(listeners)
        after = [site.complete_silent() for _ in range(2)]

    assert (before, after) == (0, [1, 0])
    assert studies(site) == [("QUEUED", 3)]
    assert site.checker.lost([film.uid for film in FILMS]) == []


def test_films_that_come_after_the_restart_join_their_study(site: Site) -> None:
    with site.listeners("product") as listeners:
        store(listeners, *FILMS)
        start_again(listeners)
        with RawClient(listeners.port) as modality:
            modality.associate()
            modality.store(LATE.data_set, LATE.uid)
            meanwhile = site.complete_silent()
            modality.release()
        wait_until(site.complete_silent)

    assert meanwhile == 0
    assert studies(site) == [("QUEUED", 4)]


def test_a_listener_that_does_not_close_what_it_left_open_is_noticed(site: Site) -> None:
    with site.listeners("guarded") as listeners:
        store(listeners, *FILMS)
        start_again(listeners)

        assert site.complete_silent() == 0
