"""Waiting for something to be true, with a deadline."""

import threading
import time
from collections.abc import Callable

LOOK_EVERY_S = 0.02


def wait_until(true: Callable[[], object], *, within_s: float = 30.0) -> None:
    """Return as soon as a condition holds; fail where it does not in time."""
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        pause.wait(LOOK_EVERY_S)
