"""The daemon as a subprocess, with a data folder and a port of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from deploy.demo.bundle import BUNDLE
from deploy.demo.failure import DemoFailed
from deploy.demo.process import stop
from triage.domain.study import Peer
from triage.settings import load_settings

READY_WITHIN_S = 180.0
STOPPED_WITHIN_S = 40.0
READY = re.compile(r"ready: (?P<ae_title>[^@]+)@(?P<host>[^:]+):(?P<port>\d+);")

KEPT = ("TRIAGE_MODEL__", "TRIAGE_PICTURE__")
"""What a user may set for the demonstration; all else would reach a real site's data."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that is ready: where to send films to, and where its rows lie."""

    peer: Peer
    database_url: str
    ready_line: str


@contextmanager
def running_daemon(folder: Path, *, pacs: Peer, bundle: Path | None, log: Path) -> Iterator[Daemon]:
    """Start ``triage serve``, and stop it when the block ends, however it ends.

    Raises:
        DemoFailed: it did not become ready.
    """
    given = os.environ if bundle is None else {**os.environ, BUNDLE: str(bundle)}
    environment = environment_for(folder, pacs=pacs, given=given)
    command = [sys.executable, "-m", "triage", "serve"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        line = _first_line(process)
        found = READY.match(line)
        if found is None:
            raise DemoFailed(f"the daemon did not start: {_last_words(log)}")
        peer = Peer(found["ae_title"], found["host"], int(found["port"]))
        url = load_settings(None, environment=environment).database_url
        yield Daemon(peer, url, line.strip())
    finally:
        stop(process, within_s=STOPPED_WITHIN_S)


def environment_for(folder: Path, *, pacs: Peer, given: Mapping[str, str]) -> dict[str, str]:
    """Make the daemon's environment; nothing that is set for a real daemon gets through."""
    kept = {k: v for k, v in given.items() if not k.startswith("TRIAGE_") or k.startswith(KEPT)}
    return kept | {
        "TRIAGE_DATA__FOLDER": str(folder),
        "TRIAGE_LISTENER__PORT": "0",
        "TRIAGE_PACS__AE_TITLE": pacs.ae_title,
        "TRIAGE_PACS__HOST": pacs.host,
        "TRIAGE_PACS__PORT": str(pacs.port),
        "TRIAGE_PACS__RETURN": "true",
        # The PACS of a demonstration knows no port to report a commitment to.
        "TRIAGE_PACS__PROOF": "query",
    }


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _first_line(process: "subprocess.Popen[str]") -> str:
    if process.stdout is None:
        return ""
    patience = Timer(READY_WITHIN_S, process.kill)
    patience.start()
    try:
        return process.stdout.readline()
    finally:
        patience.cancel()
