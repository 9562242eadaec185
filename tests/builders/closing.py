"""Servers that are closed while the next test runs: each needs half a second to notice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_POOL = ThreadPoolExecutor(4, thread_name_prefix="closing")


def close_meanwhile(close: Callable[[], object]) -> None:
    """Close something in the background; the end of the run waits for it."""
    _POOL.submit(close)
