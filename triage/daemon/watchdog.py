"""What ends a process whose work does not end."""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_CODE = 1
"""Of a process that was ended; nothing of it is finished or closed."""


@contextmanager
def watched(longest_s: float) -> Iterator[None]:
    """End this process where the work inside takes longer.

    The watch is kept outside Python: also a codec or a kernel that never lets the interpreter
    go is ended. Where each thread was stands on standard error, by file and function alone.

    Args:
        longest_s: above 0; the watch begins anew with each use, and only one is kept at a time.

    Raises:
        ValueError: ``longest_s`` is not above 0.
    """
    faulthandler.dump_traceback_later(longest_s, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
