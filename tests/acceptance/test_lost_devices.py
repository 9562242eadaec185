"""A worker whose device is lost: its study is assessed, and the next process has the device again.

The device fails with the error that torch raises for a GPU that is gone; this machine needs none.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.conftest import Compose
from tests.builders.house import House
from tests.builders.sender import send
from tests.builders.waiting import wait_until
from tests.unit.infer.failing import Failing
from triage.daemon.retrial import SHORTEST_LIFE_S, Retrial
from triage.daemon.shift import Shift
from triage.daemon.worker import assess_until
from triage.infer.bundle import load_bundle
from triage.infer.predictor import Predictor
from triage.pipeline import Route

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def failing_route(flagging_route: Route, flagging_bundle: Path) -> Route:
    """The stations with a device that fails at the first film."""
    bundle = load_bundle(flagging_bundle)
    predictor = Predictor(bundle, device="cpu")
    bundle.network.classifier = Failing(bundle.network.classifier, times=1)
    return replace(flagging_route, assessor=predictor, device_lost=lambda: predictor.device_lost)


def old(lost: Callable[[], bool]) -> Retrial:
    """Watch in a process that has lived for long."""
    times = iter([0.0])
    return Retrial(lost, clock=lambda: next(times, SHORTEST_LIFE_S))


@contextmanager
def working(house: House, retrial: Retrial) -> Iterator[threading.Thread]:
    """Run a worker's loop beside the test."""
    stop = threading.Event()
    with Shift(house.worker.claim, house.worker.assess, hands=1) as shift:
        loop = threading.Thread(
            target=assess_until, args=(stop, shift), kwargs={"retrial": retrial}
        )
        loop.start()
        try:
            yield loop
        finally:
            stop.set()
            loop.join()


def states(house: House) -> set[str]:
    return {row.state for row in house.rows("study")}


def test_the_study_is_assessed_and_the_worker_makes_room(
    compose: Compose, failing_route: Route, samples: Path
) -> None:
    with compose(route=failing_route) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        wait_until(lambda: all(row.closed_at for row in house.rows("association")))
        house.clockwork.complete()

        with working(house, old(failing_route.device_lost)) as loop:
            wait_until(lambda: not loop.is_alive())

        assert states(house) == {"ASSESSED"}
        assert house.rows("study")[0].failures == 0


def test_a_worker_with_its_device_goes_on(
    compose: Compose, flagging_route: Route, samples: Path
) -> None:
    with compose(route=flagging_route) as house:
        with working(house, old(flagging_route.device_lost)) as loop:
            send([samples / "dx_mass.dcm"], house.peer)
            wait_until(lambda: all(row.closed_at for row in house.rows("association")))
            house.clockwork.complete()
            wait_until(lambda: states(house) == {"ASSESSED"})
            alive = loop.is_alive()

        assert alive


def test_a_worker_that_never_makes_room_is_noticed(
    compose: Compose, failing_route: Route, samples: Path
) -> None:
    with compose(route=failing_route) as house:
        with working(house, old(lambda: False)) as loop:
            send([samples / "dx_mass.dcm"], house.peer)
            wait_until(lambda: all(row.closed_at for row in house.rows("association")))
            house.clockwork.complete()
            wait_until(lambda: states(house) == {"ASSESSED"})
            stays_without_its_device = loop.is_alive() and failing_route.device_lost()

        assert stays_without_its_device
