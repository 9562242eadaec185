"""``triage serve``."""

import os
import signal

from triage.cli.options import SettingsFile, settings_from
from triage.daemon.logs import configure_logs
from triage.daemon.signals import stopped_by
from triage.daemon.supervisor import serve as run_daemon


def serve(settings: SettingsFile = None) -> int:
    """Run the daemon: receive, assess, return. SIGTERM ends it within 30 s."""
    choice = settings_from(settings)
    configure_logs()
    if settings is not None:  # the nights' papers are written by a command of its own
        os.environ["TRIAGE_SETTINGS"] = str(settings.absolute())
    stop = stopped_by(signal.SIGTERM, signal.SIGINT)
    return run_daemon(choice, stop=stop, announce=lambda line: print(line, flush=True))
