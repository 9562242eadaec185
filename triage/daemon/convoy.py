"""Many callers with the same work, of whom one at a time does it for all who wait."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from triage.domain.errors import TriageError

T = TypeVar("T")
Take = Callable[[], Sequence[T]]
"""What the leader calls when it is ready: everything that waits now, its own task included."""


class Withdrawn(TriageError):
    """Nobody has taken the task in time, and nobody will."""


@dataclass(eq=False, slots=True)
class _Place(Generic[T]):
    task: T
    gate: threading.Lock = field(default_factory=threading.Lock)
    appointed: bool = False
    taken: bool = False

    def __post_init__(self) -> None:
        self.gate.acquire()


class Convoy(Generic[T]):
    """Brings tasks to their end in groups, without a thread of its own.

    The first caller leads: it does what waits when it is ready to, in its own thread. Whoever
    comes meanwhile waits, and one of them leads next. A caller that is alone waits for nobody.

    Args:
        lead: does one group. It calls what it is given once, as late as it can, for the tasks
            of the group; the outcome of each task is left in the task.
        patience_s: so long a task waits to be taken. One that is taken is waited for.
    """

    def __init__(self, lead: Callable[[Take[T]], None], *, patience_s: float) -> None:
        self._lead = lead
        self._patience_s = patience_s
        self._mutex = threading.Lock()
        self._waiting: list[_Place[T]] = []
        self._is_led = False

    def __len__(self) -> int:
        """Return how many wait to be taken."""
        return len(self._waiting)

    def join(self, task: T) -> None:
        """Return when the task was part of a group that has ended, well or not.

        Raises:
            Withdrawn: nobody has taken it in time.
            Exception: what ``lead`` raised, in the thread that led.
        """
        place = _Place(task)
        with self._mutex:
            self._waiting.append(place)
            follows, self._is_led = self._is_led, True
        if follows:
            self._follow(place)
        if not place.taken:
            self._lead_from(place)

    def _follow(self, place: _Place[T]) -> None:
        """Wait until the task is done, or until it is this thread's turn to lead."""
        if place.gate.acquire(timeout=self._patience_s):
            return
        with self._mutex:
            if not place.taken and not place.appointed:
                self._waiting.remove(place)
                raise Withdrawn(f"not taken within {self._patience_s:g} s")
        place.gate.acquire()

    def _lead_from(self, own: _Place[T]) -> None:
        group: list[_Place[T]] = []

        def take() -> Sequence[T]:
            """Take everything that waits now."""
            with self._mutex:
                group.extend(self._waiting)
                self._waiting.clear()
                for place in group:
                    place.taken = True
            return [place.task for place in group]

        try:
            self._lead(take)
        finally:
            self._hand_over(own)
            for place in group:
                if place is not own:
                    place.gate.release()

    def _hand_over(self, own: _Place[T]) -> None:
        """Let the next one lead at once, before those wake up who are done."""
        with self._mutex:
            if not own.taken:
                self._waiting.remove(own)
            self._is_led = bool(self._waiting)
            if self._is_led:
                self._waiting[0].appointed = True
                self._waiting[0].gate.release()
