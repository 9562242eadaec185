"""A signal that comes at the worst moment."""

import subprocess
import sys

import pytest

WAITS_ALREADY_DELIVERED = """
import os, signal
{prepare}
os.kill(os.getpid(), signal.SIGTERM)
print(stop.wait({patience_s}))
"""
OURS = "from triage.daemon.signals import stopped_by; stop = stopped_by(signal.SIGTERM)"
IN_A_HANDLER_THAT_INTERRUPTS = """
import threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
stop._cond.acquire()
"""


def told(prepare: str, *, patience_s: float) -> str:
    """Run a process that ends itself, and return what it saw of that."""
    script = WAITS_ALREADY_DELIVERED.format(prepare=prepare, patience_s=patience_s)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout.strip()


def test_a_signal_ends_an_endless_wait() -> None:
    assert told(OURS, patience_s=20) == "True"


def test_a_signal_within_the_wait_itself_is_not_lost() -> None:
    held = f"{OURS}; stop._cond.acquire(); import threading; "
    held += "threading.Timer(0.1, stop._cond.release).start()"

    assert told(held, patience_s=20) == "True"


def test_a_handler_that_sets_the_event_would_hang() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [
                sys.executable,
                "-c",
                WAITS_ALREADY_DELIVERED.format(prepare=IN_A_HANDLER_THAT_INTERRUPTS, patience_s=1),
            ],
            capture_output=True,
            check=False,
            timeout=3,
        )
