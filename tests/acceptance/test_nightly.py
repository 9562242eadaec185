"""The daemon's own clock: it works through a list, and is refused where it never could."""

import json
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from tests.builders.daemon import Daemon, running_daemon
from tests.builders.matches import answering, matching
from tests.builders.pdus import C_FIND_RQ
from tests.builders.processes import children_of
from tests.builders.scripted import scripted_pacs
from tests.builders.waiting import wait_until
from triage.database.worklist_schema import run
from triage.domain.worklist import Verdict

EVERY_MINUTE = """
[database]
url = "sqlite:///{folder}/rows.sqlite3"
[pacs]
port = {port}
[worklist]
cron = "* * * * *"
window = "00:00-00:00"
reports = "{folder}/nights"
"""
BY_THE_NEXT_MINUTE_S = 120.0


def verdicts(daemon: Daemon) -> list[str | None]:
    engine = daemon.engine()
    with engine.begin() as connection:
        found = list(connection.scalars(select(run.c.verdict).order_by(run.c.due_at)))
    engine.dispose()
    return found


def reconciliations(folder: Path) -> list[dict[str, object]]:
    return [json.loads(file.read_text()) for file in folder.glob("reconciliation-*.json")]


def test_the_daemon_works_through_a_list_when_its_clock_says_so(tmp_path: Path) -> None:
    file, nights = tmp_path / "triage.toml", tmp_path / "nights"
    with scripted_pacs(answering(matching({}))) as pacs:
        file.write_text(EVERY_MINUTE.format(folder=tmp_path, port=pacs.peer.port))
        with running_daemon(tmp_path / "data", {}, file=file) as daemon:
            assert daemon.peer
            wait_until(lambda: any(verdicts(daemon)), within_s=BY_THE_NEXT_MINUTE_S)
            wait_until(lambda: any(nights.glob("reconciliation-*.json")), within_s=60.0)
            assert daemon.stop() == 0

    assert verdicts(daemon)[0] == Verdict.EXACT
    assert len(pacs.heard(C_FIND_RQ)) >= 2
    assert [told["verdict"] for told in reconciliations(nights)] == [Verdict.EXACT]


def test_without_a_clock_there_is_no_process_for_it(tmp_path: Path) -> None:
    with running_daemon(tmp_path / "data", {}) as daemon:
        assert daemon.peer

        assert children_of(daemon.process.pid, "nightly") == set()
        assert children_of(daemon.process.pid, "scheduler") != set()


def test_a_clock_that_never_fires_at_night_ends_the_daemon(tmp_path: Path) -> None:
    environment = {
        "TRIAGE_DATA__FOLDER": str(tmp_path / "data"),
        "TRIAGE_LISTENER__PORT": "0",
        "TRIAGE_WORKLIST__CRON": "0 12 * * *",
    }

    ended = subprocess.run(
        [sys.executable, "-m", "triage", "serve"],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == 78
    assert b"worklist.cron never fires within worklist.window" in ended.stderr
