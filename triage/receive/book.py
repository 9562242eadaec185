"""The door's book: each refused instance, and who was turned away, the latter without a flood."""

import threading
from dataclasses import replace
from time import monotonic

import structlog

from triage.domain.door import DoorCode, Refused
from triage.receive.keeper import Keeper

EVERY_S = 60.0
MOST_HOSTS = 1000
ELSEWHERE = "elsewhere"

logger = structlog.get_logger(__name__)


class Book:
    """Writes the first of a kind from a host at once, and the number of those that followed.

    Args:
        keeper: whose book it is.
        every_s: how long alike entries are only counted.
    """

    def __init__(self, keeper: Keeper, *, every_s: float = EVERY_S) -> None:
        self._keeper = keeper
        self._every_s = every_s
        self._lock = threading.Lock()
        self._counted: dict[tuple[DoorCode, str, str, str], tuple[float, Refused | None]] = {}

    def write(self, refused: Refused) -> None:
        """Note one that was turned away."""
        with self._lock:
            first = self._is_first(refused)
        if first:
            self._tell(refused)

    def tell_counted(self, *, all_of_them: bool = False) -> None:
        """Write down the numbers that have been counted for long enough."""
        before = monotonic() - (-1.0 if all_of_them else self._every_s)
        with self._lock:
            due = [key for key, (since, _) in self._counted.items() if since <= before]
            told = [self._counted.pop(key)[1] for key in due]
        for refused in told:
            if refused is not None:
                self._tell(refused)

    def _is_first(self, refused: Refused) -> bool:
        key = (
            refused.code,
            refused.host,
            refused.calling_ae_title,
            refused.called_ae_title,
        )
        if key not in self._counted and len(self._counted) >= MOST_HOSTS:
            refused = replace(refused, host=ELSEWHERE, calling_ae_title="", called_ae_title="")
            key = (refused.code, ELSEWHERE, "", "")
        if key not in self._counted:
            self._counted[key] = (monotonic(), None)
            return True
        since, counted = self._counted[key]
        times = 1 if counted is None else counted.times + 1
        self._counted[key] = (since, replace(refused, times=times))
        return False

    def _tell(self, refused: Refused) -> None:
        logger.warning(
            "turned away",
            code=str(refused.code),
            host=refused.host,
            calling=refused.calling_ae_title,
            called=refused.called_ae_title,
            reason=refused.sentence,
            times=refused.times,
        )
        self._keeper.refused(refused)
