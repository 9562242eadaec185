"""A child process of the daemon: what all roles share.

The role is the argument, so that a list of processes shows it. The supervisor writes one JSON
line with the settings and what else the role needs to the child's standard input and then keeps
that pipe open: when it closes, the supervisor has gone, even by kill -9, and the child ends at
once. The child writes one JSON line to standard output when it is ready.
"""

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable

import structlog

from triage.daemon.logs import configure_logs
from triage.daemon.omission import CODECS, Omission
from triage.daemon.signals import stopped_by
from triage.database.engine import DatabaseError, refuse_damaged
from triage.domain.errors import BusyError, ConfigurationError, DamagedDatabase, TriageError
from triage.settings import Settings

EX_DATA, EX_SOFTWARE, EX_TEMPFAIL, EX_CONFIG = 65, 70, 75, 78
ROLES = ("worker", "courier", "scheduler")
"""The roles of one process each; of listeners there are as many as the settings say."""

NIGHTLY = "nightly"
"""The role of the process that works through the worklist, where a clock is set for it."""

logger = structlog.get_logger(__name__)

Ready = Callable[[dict[str, object]], None]


def main() -> int:
    """Run the role that the supervisor asks for until SIGTERM; return the exit code."""
    configure_logs()
    stop = stopped_by(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the supervisor's
    role = sys.argv[1]
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_supervisor, name="lifeline", daemon=True).start()
    structlog.contextvars.bind_contextvars(role=role)
    try:
        _play(role, Settings.model_validate(request["settings"]), stop, request["needs"])
    except DamagedDatabase as error:
        logger.critical("stopped", role=role, reason=str(error))
        return EX_DATA
    except ConfigurationError as error:
        logger.critical("cannot start", role=role, reason=str(error))
        return EX_CONFIG
    except BusyError as error:
        logger.critical("cannot start", role=role, reason=str(error))
        return EX_TEMPFAIL
    except TriageError as error:
        logger.critical("stopped", role=role, reason=str(error))
        return EX_SOFTWARE
    return 0


def _play(role: str, settings: Settings, stop: threading.Event, needs: dict[str, int]) -> None:
    # Only the role's own libraries are loaded: no torch in the listener, and no codecs.
    if role != "worker":
        sys.meta_path.insert(0, Omission(CODECS))
    module = importlib.import_module(f"triage.daemon.{role}")
    try:
        module.run(settings, stop=stop, ready=_tell, **needs)
    except DatabaseError as error:
        refuse_damaged(error)
        raise


def _tell(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _end_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os._exit(EX_SOFTWARE)


if __name__ == "__main__":
    sys.exit(main())
