import json
import subprocess
import sys

LOG = """
import logging, structlog
from triage.daemon.logs import configure_logs
configure_logs()
structlog.get_logger("x").info("film kept", instance="2.25.1")
structlog.get_logger("x").debug("not for the night shift")
logging.getLogger("pynetdicom.association").error("Doe^Jane")
logging.getLogger("pydicom").warning("Doe^Jane")
"""


def logged() -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOG], capture_output=True, check=True)
    assert done.stdout == b""
    return done.stderr.decode().splitlines()


def test_a_line_is_an_object_with_event_level_and_utc_time() -> None:
    (line,) = logged()

    said = json.loads(line)
    assert (said["event"], said["level"], said["instance"]) == ("film kept", "info", "2.25.1")
    assert said["timestamp"].endswith("Z")


def test_the_libraries_own_lines_are_not_shown() -> None:
    assert "Doe" not in "".join(logged())
