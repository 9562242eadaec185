"""A worker's hands."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.builders.waiting import wait_until
from triage.daemon.shift import Shift
from triage.domain.study import Lease

LONG_S = 30.0


class Site:
    """Studies that wait, by their attempts, and work that goes on until the gate opens."""

    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.beside: list[int] = []
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.gate = threading.Event()
        self.failure: Exception | None = None

    def claim(self, beside: int) -> Lease | None:
        """Lease as the queue does: who failed before gets no company."""
        self.beside.append(beside)
        if not self.attempts or (beside and self.attempts[0] > 1):
            return None
        number = len(self.beside)
        now = datetime.now(UTC)
        return Lease(number, f"2.25.{number}", "worker", 1, now, self.attempts.pop(0))

    def work(self, lease: Lease) -> None:
        """Work until the gate opens."""
        self.begun.append(lease.study_id)
        assert self.gate.wait(LONG_S)
        self.ended.append(lease.study_id)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def shift(site: Site) -> Iterator[Shift]:
    with Shift(site.claim, site.work, hands=3) as shift:
        yield shift
        site.gate.set()


def test_where_nothing_waits_there_is_nothing_to_do(shift: Shift) -> None:
    assert not shift.take(patience_s=0)


def test_several_studies_are_under_way_at_once(site: Site, shift: Shift) -> None:
    site.attempts = [1, 1]

    assert shift.take(patience_s=0)
    assert shift.take(patience_s=0)

    wait_until(lambda: len(site.begun) == 2)
    assert site.beside == [0, 1]


def test_nothing_is_claimed_while_all_hands_are_full(site: Site, shift: Shift) -> None:
    site.attempts = [1] * 9
    for _ in range(5):
        shift.take(patience_s=0.01)

    assert len(site.beside) == 3
    assert len(site.attempts) == 6


def test_a_hand_that_is_free_takes_the_next_study(site: Site, shift: Shift) -> None:
    site.attempts = [1] * 4
    for _ in range(3):
        shift.take(patience_s=0)
    site.gate.set()

    wait_until(lambda: not shift.take(patience_s=0.01))

    assert len(site.ended) == 4


def test_a_study_that_failed_before_waits_for_the_others_to_end(site: Site, shift: Shift) -> None:
    site.attempts = [1, 2]
    shift.take(patience_s=0)

    shift.take(patience_s=0.01)

    assert site.attempts == [2]


def test_nothing_is_claimed_beside_a_study_that_failed_before(site: Site, shift: Shift) -> None:
    site.attempts = [2, 1]
    shift.take(patience_s=0)

    shift.take(patience_s=0.01)

    assert site.attempts == [1]
    assert site.beside == [0]


def test_after_a_study_that_failed_before_there_is_company_again(site: Site, shift: Shift) -> None:
    site.gate.set()
    site.attempts = [2, 1, 1]

    wait_until(lambda: not shift.take(patience_s=0.01))

    assert len(site.ended) == 3


def test_a_failure_comes_to_light_and_the_shift_goes_on(site: Site, shift: Shift) -> None:
    site.attempts, site.failure = [1], ConnectionError("away")
    shift.take(patience_s=0)
    site.gate.set()

    with pytest.raises(ConnectionError, match="away"):
        shift.take(patience_s=LONG_S)
    assert not shift.take(patience_s=0)


def test_what_is_under_way_is_finished_at_the_end(site: Site) -> None:
    with Shift(site.claim, site.work, hands=2) as shift:
        site.attempts = [1, 1]
        shift.take(patience_s=0)
        shift.take(patience_s=0)
        site.gate.set()

    assert sorted(site.ended) == [1, 2]
