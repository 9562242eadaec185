"""Several studies in one worker's hands at once."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from triage.domain.study import Lease


class Shift:
    """Takes studies while a hand is free, and works on each in a thread of its own.

    Args:
        claim: leases a study beside so many others, or returns ``None``.
        work: brings a leased study to its end.
        hands: so many studies at once, at least 1.
    """

    def __init__(
        self, claim: Callable[[int], Lease | None], work: Callable[[Lease], None], *, hands: int
    ) -> None:
        self._claim = claim
        self._work = work
        self._hands = hands
        self._threads = ThreadPoolExecutor(hands, thread_name_prefix="study")
        self._under_way: set[Future[None]] = set()
        self._alone = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what is under way."""
        self._threads.shutdown()

    def take(self, *, patience_s: float) -> bool:
        """Take a study, or wait a little for a free hand; ``False`` where there is nothing to do.

        Args:
            patience_s: how long to wait for one of the studies under way.

        Raises:
            Exception: what ``claim`` raised now, or ``work`` for a study that was taken before.
        """
        self._look_after(patience_s=0.0)
        full = self._alone or len(self._under_way) == self._hands
        lease = None if full else self._claim(len(self._under_way))
        if lease is not None:
            self._alone = lease.alone
            self._under_way.add(self._threads.submit(self._work, lease))
        elif self._under_way:
            self._look_after(patience_s=patience_s)
        else:
            return False
        return True

    def _look_after(self, *, patience_s: float) -> None:
        """Let go of what has ended; a failure comes to light here."""
        for future in wait(self._under_way, patience_s, FIRST_COMPLETED).done:
            self._under_way.remove(future)
            self._alone = self._alone and bool(self._under_way)
            future.result()
