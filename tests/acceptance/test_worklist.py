"""A night of 60 studies against real archives: exact to the study, also after kill -9."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.builders.archives import running_dcmqrscp, running_wlmscpfs
from tests.builders.daemon import Daemon, running_daemon
from tests.builders.free_port import free_port
from tests.builders.night import (
    BROKEN,
    HERE,
    INCOMPLETE,
    MISSING,
    MWL_ONLY,
    NO_CHEST,
    NightFiles,
    files_of_the_night,
    steps_of_the_night,
    uid,
)
from tests.builders.orthanc import running_orthanc
from tests.builders.sender import send
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from triage.database import schema
from triage.domain.study import Peer

LIMIT_S = 400
ASSESSED = {uid(number) for number in (*HERE, *INCOMPLETE, *MISSING)}

pytestmark = needs("wlmscpfs")


@dataclass
class Site:
    """A daemon, its PACS with 60 studies, and a Modality Worklist."""

    daemon: Daemon
    environment: Mapping[str, str]
    files: NightFiles

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Run the command for the day of the films."""
        return subprocess.Popen(
            [sys.executable, "-m", "triage", "worklist", *arguments, "--date", "2026-01-05"],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def told(self, *arguments: str) -> tuple[int, dict[str, object]]:
        """Run the command to its end; return its exit code and what it printed."""
        with self.start(*arguments, "--json") as process:
            said, _ = process.communicate(timeout=LIMIT_S)
        return process.returncode, json.loads(said)

    def count(self) -> int:
        """How many instances are here."""
        engine = self.daemon.engine()
        with engine.begin() as connection:
            number = connection.scalar(select(func.count()).select_from(schema.instance))
        engine.dispose()
        return number or 0

    def priorities(self) -> dict[str, int]:
        """Return the priority of every study that has one."""
        engine = self.daemon.engine()
        with engine.begin() as connection:
            study = schema.study.c
            rows = connection.execute(select(study.study_uid, study.priority))
            found = {row.study_uid: row.priority for row in rows if row.priority}
        engine.dispose()
        return found


@contextmanager
def archive(name: str, folder: Path, ours: Peer) -> Iterator[Peer]:
    if name == "Orthanc":
        with running_orthanc(folder, ours) as orthanc:
            yield orthanc.peer
    else:
        with running_dcmqrscp(folder, ours) as peer:
            yield peer


@contextmanager
def running_site(name: str, method: str, folder: Path, bundle: Path) -> Iterator[Site]:
    port = free_port()
    (folder / "archive").mkdir()
    ours = Peer("TRIAGE", "127.0.0.1", port)
    with (
        archive(name, folder / "archive", ours) as pacs,
        running_wlmscpfs(folder / "steps", steps_of_the_night()) as steps,
    ):
        mwl = {"ae_title": steps.ae_title, "host": steps.host, "port": steps.port}
        environment = {
            "TRIAGE_DATA__FOLDER": str(folder / "data"),
            "TRIAGE_LISTENER__PORT": str(port),
            "TRIAGE_MODEL__BUNDLE": str(bundle),
            "TRIAGE_SCREENING__PIXELS": "false",
            "TRIAGE_COMPLETION__QUIET_S": "0.5",
            "TRIAGE_PACS__PORT": str(pacs.port),
            "TRIAGE_PACS__RETURN": "true",
            "TRIAGE_PACS__RETURN_MAX_AGE_DAYS": "36500",
            "TRIAGE_PACS__PROOF": "query",
            "TRIAGE_WORKLIST__METHOD": method,
            "TRIAGE_WORKLIST__MWL": json.dumps(mwl),
            "TRIAGE_WORKLIST__STUDIES_PER_MINUTE": "600",
        }
        (folder / "films").mkdir()
        files = files_of_the_night(folder / "films")
        assert set(send(files.at_the_pacs, pacs)) == {0x0000}
        with running_daemon(folder / "data", environment) as daemon:
            assert set(send(files.here, daemon.peer)) == {0x0000}
            yield Site(daemon, environment, files)


def outcomes(told: Mapping[str, object]) -> dict[str, set[str]]:
    """Group the list by outcome and reason."""
    found: dict[str, set[str]] = {}
    studies = told["list"]
    assert isinstance(studies, list)
    for study in studies:
        kind = f"{study['outcome']} {study['why'] or ''}".strip()
        found.setdefault(kind, set()).add(study["study"])
    return found


EXPECTED = {
    "assessed": ASSESSED,
    "not_assessed unreadable": {uid(number) for number in BROKEN},
    "left_out scheduled, and the PACS lists no film of it": {uid(MWL_ONLY)},
}
HANDS = {uid(number) for number in NO_CHEST}
BY_ARCHIVE = {
    "Orthanc": EXPECTED | {"left_out another part of the body": HANDS},
    "dcmqrscp": EXPECTED | {"not_assessed body_part": HANDS},
}
"""DCMTK's archive knows no body part: its hands are pulled, and refused by screening."""


@pytest.mark.parametrize(
    ("name", "method"),
    [
        pytest.param("Orthanc", "get", marks=needs("Orthanc")),
        pytest.param("dcmqrscp", "move", marks=needs("dcmqrscp")),
    ],
)
def test_a_night_that_is_killed_and_run_again_is_exact_to_the_study(
    name: str, method: str, tmp_path: Path, flagging_bundle: Path
) -> None:
    with running_site(name, method, tmp_path, flagging_bundle) as site:
        before = site.count()
        first = site.start("run")
        wait_until(lambda: site.count() > before + 8, within_s=120)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        broken_off = site.count()
        code, told = site.told("run")
        again, retold = site.told("run")
        priorities = site.priorities()

    hands = 0 if name == "Orthanc" else len(NO_CHEST)
    assert broken_off < len(site.files.at_the_pacs) - 1
    assert (code, told["verdict"], told["reason"]) == (0, "exact", None)
    assert outcomes(told) == BY_ARCHIVE[name]
    assert told["studies"] == {
        "listed": 61,
        "left_out": 6 - hands,
        "expected": 55 + hands,
        "received": 55 + hands,
        "assessed": 53,
        "not_assessed": 2 + hands,
        "failed": 0,
        "under_way": 0,
        "unexplained": 0,
        "to_deliver": 53,
        "delivered": 53,
        "proven": 53,
    }
    assert (again, retold) == (0, told)
    assert priorities == {uid(HERE[0]): 2, uid(MISSING[0]): 3, uid(MISSING[1]): 1}
