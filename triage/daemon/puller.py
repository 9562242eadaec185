"""Pulls studies, some at the same time, not too fast, and patiently where the PACS is away."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Protocol

import structlog

from triage.daemon.retriever import Plan
from triage.send.failure import Broken, Failure

MOST_BREAKS = 3
"""A study at which the PACS ended the association so often is left alone."""

LONGEST_PAUSE_S = 60.0
AWAY = frozenset({Failure.UNREACHABLE, Failure.REJECTED})
"""Nothing that a study is to blame for."""

logger = structlog.get_logger(__name__)


class Retrieves(Protocol):
    """What pulls one study after the other in a thread of its own."""

    def retrieve(self, plan: Plan) -> str | None:
        """Pull; return in words what was not sent. May raise ``Broken``."""

    def close(self) -> None:
        """End the association."""


class Pace:
    """Spreads starts over time: so many a minute, however many threads ask.

    Args:
        per_minute: above 0.
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._every_s = 60.0 / per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock()

    def wait_s(self) -> float:
        """Take the next start, and return in how many seconds it is."""
        with self._lock:
            now = self._clock()
            mine = max(self._next, now)
            self._next = mine + self._every_s
        return mine - now


class Puller:
    """Works through plans.

    Args:
        employ: makes what pulls, one for each thread.
        parallel: so many threads.
        pace: of all of them.
        stop: set it to end; what is under way is finished.
        patience_s: so long a PACS that is away is tried; ``None`` for as long as ``goes_on`` says.
    """

    def __init__(
        self,
        employ: Callable[[], Retrieves],
        *,
        parallel: int,
        pace: Pace,
        stop: threading.Event,
        patience_s: float | None = None,
    ) -> None:
        self._employ = employ
        self._parallel = parallel
        self._pace = pace
        self._stop = stop
        self._patience_s = patience_s

    def pull(
        self,
        wanted: Sequence[Plan],
        *,
        done: Callable[[Plan, str | None], None],
        goes_on: Callable[[], bool],
    ) -> None:
        """Pull until nothing is left, it is stopped, or ``goes_on`` says that it is enough.

        Args:
            wanted: what is pulled.
            done: is told of each study that was tried, and in words what was not sent.
            goes_on: is asked before each study.
        """
        round_ = _Round(wanted, self._patience_s)

        def work() -> None:
            """Pull one study after the other."""
            retriever = self._employ()
            try:
                while (plan := round_.next()) is not None:
                    if self._stop.wait(self._pace.wait_s()) or not goes_on():
                        return
                    self._try(retriever, plan, round_, done)
            finally:
                retriever.close()

        with ThreadPoolExecutor(self._parallel, thread_name_prefix="pull") as threads:
            for thread in [threads.submit(work) for _ in range(self._parallel)]:
                thread.result()
        for plan, sentence in round_.given_up():
            done(plan, sentence)

    def _try(
        self,
        retriever: Retrieves,
        plan: Plan,
        round_: "_Round",
        done: Callable[[Plan, str | None], None],
    ) -> None:
        try:
            failure = retriever.retrieve(plan)
        except Broken as broken:
            pause_s = round_.broke(plan, broken)
            logger.warning("pull broke off", study=plan.study_uid, reason=str(broken))
            self._stop.wait(pause_s)
            return
        round_.went_well()
        logger.info("study pulled", study=plan.study_uid, failure=failure)
        done(plan, failure)


class _Round:
    """What is still to be pulled, and how the PACS behaves; shared by the threads."""

    def __init__(self, wanted: Sequence[Plan], patience_s: float | None) -> None:
        self._lock = threading.Lock()
        self._waiting = deque(wanted)
        self._breaks: Counter[str] = Counter()
        self._sentences: dict[str, str] = {}
        self._left_alone: list[Plan] = []
        self._in_a_row = 0
        self._patience_s = patience_s
        self._away_since: float | None = None

    def next(self) -> Plan | None:
        """Take the next plan; ``None`` where nothing is left, or the PACS is given up."""
        with self._lock:
            if self._is_lost():
                return None
            return self._waiting.popleft() if self._waiting else None

    def went_well(self) -> None:
        """Note that the PACS answers."""
        with self._lock:
            self._in_a_row = 0
            self._away_since = None

    def broke(self, plan: Plan, broken: Broken) -> float:
        """Put a plan back to the end, or leave it alone; return how long to rest."""
        with self._lock:
            self._sentences[plan.study_uid] = str(broken)
            self._breaks[plan.study_uid] += broken.failure not in AWAY
            often = self._breaks[plan.study_uid] >= MOST_BREAKS
            (self._left_alone if often else self._waiting).append(plan)
            self._in_a_row += 1
            self._away_since = self._away_since or monotonic()
            return min(2.0 ** (self._in_a_row - 1), LONGEST_PAUSE_S)

    def given_up(self) -> list[tuple[Plan, str]]:
        """Return what broke and was not pulled after all, and how it broke last."""
        broken = [plan for plan in self._waiting if plan.study_uid in self._sentences]
        return [(plan, self._sentences[plan.study_uid]) for plan in (*self._left_alone, *broken)]

    def _is_lost(self) -> bool:
        if self._patience_s is None or self._away_since is None:
            return False
        return monotonic() - self._away_since > self._patience_s
