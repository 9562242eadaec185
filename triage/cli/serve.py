"""``triage serve``."""

import signal
import threading

from triage.cli.options import SettingsFile, settings_from
from triage.daemon.logs import configure_logs
from triage.daemon.supervisor import serve as run_daemon


def serve(settings: SettingsFile = None) -> int:
    """Run the daemon: receive, assess, return. SIGTERM ends it within 30 s."""
    choice = settings_from(settings)
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return run_daemon(choice, stop=stop, announce=lambda line: print(line, flush=True))
