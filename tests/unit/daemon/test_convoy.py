"""Many callers, of whom one works for all."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.builders.waiting import wait_until
from triage.daemon.convoy import Convoy, Take, Withdrawn

SHORT_S = 0.05


class Road:
    """Work that notes its groups, and stands still while it is closed."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def lead(self, take: Take[str]) -> None:
        """Take one group, and end with it when the road is open."""
        if self.broken:
            raise ConnectionError
        self.groups.append(list(take()))
        assert self.open.wait(30)


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
def pool(road: Road) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool
        road.open.set()


def closed_behind(
    road: Road, convoy: Convoy[str], pool: ThreadPoolExecutor, *tasks: str
) -> list["Future[None]"]:
    """Let one task be under way on a closed road, and the others wait in their order."""
    road.open.clear()
    joined = [pool.submit(convoy.join, "first")]
    wait_until(lambda: road.groups)
    for task in tasks:
        joined.append(pool.submit(convoy.join, task))
        wait_for(convoy, len(joined) - 1)
    return joined


def wait_for(convoy: Convoy[str], number: int) -> None:
    """Return when so many wait to be taken."""
    wait_until(lambda: len(convoy) == number)


def test_who_is_alone_waits_for_nobody(road: Road) -> None:
    Convoy(road.lead, patience_s=0).join("alone")

    assert road.groups == [["alone"]]


def test_those_who_come_meanwhile_go_together(road: Road, pool: ThreadPoolExecutor) -> None:
    convoy = Convoy(road.lead, patience_s=30)
    joined = closed_behind(road, convoy, pool, "second", "third", "fourth")

    road.open.set()

    assert [each.result(30) for each in joined] == [None] * 4
    assert road.groups == [["first"], ["second", "third", "fourth"]]


def test_nobody_is_done_before_the_group_has_ended(road: Road, pool: ThreadPoolExecutor) -> None:
    convoy = Convoy(road.lead, patience_s=30)
    joined = closed_behind(road, convoy, pool, "second")

    assert not any(each.done() for each in joined)


def test_who_is_not_taken_in_time_is_withdrawn(road: Road, pool: ThreadPoolExecutor) -> None:
    joined = closed_behind(road, Convoy(road.lead, patience_s=SHORT_S), pool, "second")

    with pytest.raises(Withdrawn, match=r"not taken within 0\.05 s"):
        joined[1].result(30)

    road.open.set()
    joined[0].result(30)
    assert road.groups == [["first"]]


def test_who_is_taken_is_waited_for(road: Road, pool: ThreadPoolExecutor) -> None:
    joined = closed_behind(road, Convoy(road.lead, patience_s=SHORT_S), pool)

    with pytest.raises(TimeoutError):
        joined[0].result(10 * SHORT_S)


def test_a_leader_that_cannot_begin_fails_alone(road: Road) -> None:
    convoy = Convoy(road.lead, patience_s=30)
    road.broken = True
    with pytest.raises(ConnectionError):
        convoy.join("unlucky")
    road.broken = False

    convoy.join("lucky")

    assert road.groups == [["lucky"]]


def test_a_leader_that_breaks_down_leaves_nobody_waiting(pool: ThreadPoolExecutor) -> None:
    def break_down(take: Take[str]) -> None:
        take()
        raise ConnectionError

    convoy = Convoy(break_down, patience_s=30)

    ended = [pool.submit(convoy.join, str(number)).exception(30) for number in range(8)]

    assert {type(error) for error in ended} <= {ConnectionError, type(None)}
    assert len(convoy) == 0


def test_every_task_of_a_crowd_is_done_once(pool: ThreadPoolExecutor) -> None:
    done: list[str] = []
    convoy = Convoy[str](lambda take: done.extend(take()), patience_s=30)
    tasks = [str(number) for number in range(2000)]

    list(pool.map(convoy.join, tasks))

    assert sorted(done) == sorted(tasks)
