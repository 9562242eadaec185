"""An orderly end by signal, whatever the process does when it comes."""

import os
import signal
import threading


def stopped_by(*numbers: signal.Signals) -> threading.Event:
    """Return an event that is set once one of these signals has come.

    A handler in Python runs between two steps of the main thread: one that waits for the event
    without an end never runs it, and one that is about to wait may hold the lock that setting
    the event needs. So the interpreter writes each signal to a pipe, and a thread reads it.
    """
    stop = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, _written)
    threading.Thread(target=_wait, args=(reader, stop), name="signals", daemon=True).start()
    return stop


def _written(*_: object) -> None:
    """Do nothing more: a signal without a handler would not be written."""


def _wait(reader: int, stop: threading.Event) -> None:
    os.read(reader, 1)
    stop.set()
