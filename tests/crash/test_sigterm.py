"""SIGTERM during load: nobody more is let in, what is on its way is finished, nothing is lost."""

import time

import pytest

from tests.builders.pdus import message, store_rq
from tests.builders.raw import RawClient
from tests.builders.studies import CR_STORAGE as CR
from tests.builders.waiting import wait_until
from tests.crash.conftest import Tell
from tests.crash.films import LARGE, SentFilm
from tests.crash.listeners import Listeners
from tests.crash.site import Site
from tests.crash.storm import storm

FILM = SentFilm(1, LARGE)
STREAM = message(store_rq(CR, FILM.uid), FILM.data_set)
HALF = len(STREAM) // 2
DRAIN_S = 30.0
SEED = 20260119


def is_writing(listeners: Listeners) -> bool:
    """Tell whether a film without a name is open."""
    return any("/spool/#" in target for target in listeners.only.open_files())


def finished_after_sigterm(listeners: Listeners) -> tuple[int | None, int]:
    """Send the second half of a film when nobody is let in any more; return status and code."""
    with RawClient(listeners.port) as modality:
        modality.associate()
        modality.send(STREAM[:HALF])
        wait_until(lambda: is_writing(listeners))
        listeners.end()
        wait_until(lambda: not listeners.is_open())
        try:
            modality.send(STREAM[HALF:])
        except ConnectionError:  # cut off
            return None, listeners.only.wait()
        return modality.answer().status, listeners.only.wait()


def test_nobody_more_is_let_in_and_a_film_on_its_way_is_finished(site: Site) -> None:
    with site.listeners() as listeners:
        status, code = finished_after_sigterm(listeners)

    assert (status, code) == (0x0000, 0)
    assert site.checker.lost([FILM.uid]) == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_listener_without_patience_is_noticed(site: Site) -> None:
    with site.listeners("graceless") as listeners:
        status, _ = finished_after_sigterm(listeners)

    assert status is None


def test_listeners_end_in_a_storm_and_lose_nothing(site: Site, tell: Tell) -> None:
    with site.listeners("product", many=2) as listeners, storm(listeners.port, seed=SEED) as sent:
        wait_until(lambda: len(sent.journal.acknowledged) > 30)
        began = time.monotonic()
        listeners.end()
        codes = [process.wait() for process in listeners.processes]
        took_s = time.monotonic() - began
    site.complete()

    tell(f"SIGTERM in a storm: ended after {took_s:.1f} s")
    assert codes == [0, 0]
    assert took_s < DRAIN_S
    assert site.checker.lost(sent.acknowledged) == site.checker.altered(sent.acknowledged) == []
    assert site.checker.partial() == site.checker.repeated() == site.checker.strange() == []
