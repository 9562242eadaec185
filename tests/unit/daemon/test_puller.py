"""Pulling many studies: at the same time, not too fast, and past a PACS that goes away."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from triage.daemon.puller import MOST_BREAKS, Pace, Puller
from triage.daemon.retriever import Plan
from triage.send.failure import Broken, Failure
from triage.send.retrieve import Wanted

FAST = 1e6
AWAY = Broken(Failure.UNREACHABLE, "Connection refused")


def plans(count: int) -> list[Plan]:
    return [Plan(f"2.25.{number}", (Wanted(f"2.25.{number}"),)) for number in range(count)]


class Unwaiting(threading.Event):
    """A stop that is never waited for, so that pauses cost a test nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        return self.is_set()


@dataclass
class Peer:
    """A PACS: does what it is told for each study, and knows how many it served at once."""

    serve: Callable[[Plan], str | None] = lambda _: None
    served: list[str] = field(default_factory=list)
    closed: int = 0
    together: int = 0
    most_together: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def retrieve(self, plan: Plan) -> str | None:
        with self.lock:
            self.together += 1
            self.most_together = max(self.together, self.most_together)
        try:
            answer = self.serve(plan)
        finally:
            with self.lock:
                self.together -= 1
        self.served.append(plan.study_uid)
        return answer

    def close(self) -> None:
        self.closed += 1


def pull(
    peer: Peer,
    count: int,
    *,
    parallel: int = 1,
    stop: threading.Event | None = None,
    patience_s: float | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> dict[str, str | None]:
    done: dict[str, str | None] = {}
    puller = Puller(
        lambda: peer,
        parallel=parallel,
        pace=Pace(FAST),
        stop=stop or Unwaiting(),
        patience_s=patience_s,
    )
    puller.pull(
        plans(count),
        done=lambda plan, failure: done.update({plan.study_uid: failure}),
        goes_on=goes_on,
    )
    return done


def test_every_study_is_pulled_and_what_was_not_sent_is_told() -> None:
    def serve(plan: Plan) -> str | None:
        return "0xb000: some were not sent" if plan.study_uid == "2.25.1" else None

    assert pull(Peer(serve), 3) == {
        "2.25.0": None,
        "2.25.1": "0xb000: some were not sent",
        "2.25.2": None,
    }


def test_no_more_are_pulled_at_the_same_time_than_is_allowed() -> None:
    both = threading.Barrier(2)

    def serve(_: Plan) -> None:
        both.wait(timeout=10)

    peer = Peer(serve)
    pull(peer, 6, parallel=2)

    assert (peer.most_together, peer.closed) == (2, 2)


def test_starts_are_spread_over_time() -> None:
    now = 0.0
    pace = Pace(30.0, clock=lambda: now)

    assert [pace.wait_s() for _ in range(3)] == [0.0, 2.0, 4.0]
    now = 100.0
    assert [pace.wait_s() for _ in range(2)] == [0.0, 2.0]


def test_a_pacs_that_goes_away_and_comes_back_is_pulled_from_to_the_end() -> None:
    tries = iter([None, AWAY, AWAY, AWAY, AWAY])

    def serve(_: Plan) -> None:
        if broken := next(tries, None):
            raise broken

    stop = Unwaiting()
    found = pull(Peer(serve), 3, stop=stop)

    assert found == {"2.25.0": None, "2.25.1": None, "2.25.2": None}
    assert [pause for pause in stop.pauses if pause >= 1] == [1.0, 2.0, 4.0, 8.0]


def test_a_study_at_which_the_pacs_breaks_off_each_time_is_left_alone() -> None:
    def serve(plan: Plan) -> None:
        if plan.study_uid == "2.25.0":
            raise Broken(Failure.ABORTED)

    peer = Peer(serve)
    found = pull(peer, 3)

    assert found == {"2.25.0": "aborted the association", "2.25.1": None, "2.25.2": None}
    assert MOST_BREAKS > 1


def test_a_pacs_that_stays_away_is_given_up_with_its_last_words() -> None:
    def serve(_: Plan) -> None:
        raise AWAY

    found = pull(Peer(serve), 2, patience_s=0.0)

    assert found == {"2.25.0": "cannot be reached (Connection refused)"}


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_it_ends_when_the_night_does(allowed: int) -> None:
    hours = iter([True] * allowed + [False] * 9)

    assert len(pull(Peer(), 5, goes_on=lambda: next(hours))) == allowed


def test_it_ends_when_it_is_stopped_and_finishes_what_is_under_way() -> None:
    stop = Unwaiting()

    def serve(_: Plan) -> None:
        stop.set()

    assert pull(Peer(serve), 5, stop=stop) == {"2.25.0": None}


def test_nothing_to_pull_is_no_work() -> None:
    assert pull(Peer(), 0) == {}
