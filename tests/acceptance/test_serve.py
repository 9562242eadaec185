"""``triage serve`` as a user meets it: start, route, end, and who may not start."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import matplotlib as mpl
import pytest
from pydicom import dcmread

from tests.builders.daemon import Daemon, running_daemon, studies_of
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from tests.builders.waiting import wait_until
from triage.daemon.worker import NICENESS
from triage.domain.study import Peer

SOON_S = 60.0
DEJAVU = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
ROLES = ("listener", "worker", "courier", "scheduler")


@pytest.fixture
def environment(pacs: Pacs, flagging_bundle: Path) -> Mapping[str, str]:
    """Return everything to the PACS."""
    return {
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__PORT": str(pacs.peer.port),
        "TRIAGE_MODEL__BUNDLE": str(flagging_bundle),
        "TRIAGE_COMPLETION__QUIET_S": "0.2",
    }


@pytest.fixture
def daemon(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[Daemon]:
    """A daemon that is ready."""
    with running_daemon(tmp_path / "data", environment) as running:
        assert running.peer
        yield running


def triage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run one command of the product."""
    return subprocess.run(
        [sys.executable, "-m", "triage", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def listens(peer: Peer) -> bool:
    """Tell whether somebody accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex((peer.host, peer.port)) == 0


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    return Path(f"/proc/{pid}").exists()


def by_role(daemon: Daemon) -> dict[str, int]:
    """Return a process of each role."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in daemon.children}
    return {command.split("\0")[3]: pid for pid, command in commands.items()}


@pytest.fixture
def on_either_engine(environment: Mapping[str, str], empty_url: str) -> Mapping[str, str]:
    """The same with a new database on each engine in turn."""
    return {**environment, "TRIAGE_DATABASE__URL": empty_url}


def test_a_film_goes_in_and_its_capture_comes_back(
    tmp_path: Path, on_either_engine: Mapping[str, str], pacs: Pacs, samples: Path
) -> None:
    with running_daemon(tmp_path / "data", on_either_engine) as daemon:
        answers = send([samples / "dx_mass.dcm"], daemon.peer)
        engine = daemon.engine()
        wait_until(lambda: set(studies_of(engine).values()) == {"DONE"}, within_s=SOON_S)
        exit_code = daemon.stop()
        engine.dispose()

    assert answers == [0x0000]
    assert len(pacs.received) == 1
    assert exit_code == 0


def test_no_child_outlives_a_killed_supervisor(daemon: Daemon) -> None:
    children = daemon.children

    daemon.stop(signal.SIGKILL)

    assert len(children) == 5
    wait_until(lambda: not any(is_alive(child) for child in children), within_s=10)


def test_the_next_daemon_finds_port_and_lock_free(
    daemon: Daemon, environment: Mapping[str, str], tmp_path: Path
) -> None:
    port = str(daemon.peer.port)
    daemon.stop(signal.SIGKILL)

    with running_daemon(
        tmp_path / "data", {**environment, "TRIAGE_LISTENER__PORT": port}
    ) as following:
        assert following.peer.port == int(port)


def test_a_child_that_dies_is_started_again(daemon: Daemon, samples: Path) -> None:
    first = set(daemon.children)

    for child in first:
        os.kill(child, signal.SIGKILL)

    wait_until(lambda: len(set(daemon.children) - first) == 5, within_s=SOON_S)
    wait_until(lambda: listens(daemon.peer), within_s=SOON_S)
    assert send([samples / "cr_hand.dcm"], daemon.peer) == [0x0000]
    engine = daemon.engine()
    wait_until(lambda: set(studies_of(engine).values()) == {"NOT_ASSESSED"}, within_s=SOON_S)
    engine.dispose()


def test_a_child_that_cannot_be_started_ends_nobody_else(daemon: Daemon) -> None:
    others, victim = set(daemon.children), by_role(daemon)["scheduler"]
    most = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (3, most[1]))

    os.kill(victim, signal.SIGKILL)

    wait_until(lambda: sum("child not started" in line for line in daemon.logged) > 1)
    assert set(daemon.children) == others - {victim}
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, most)
    wait_until(lambda: len(set(daemon.children) - others) == 1, within_s=SOON_S)
    assert daemon.stop() == 0


def test_inference_gives_way_to_reception(daemon: Daemon) -> None:
    pids = by_role(daemon)

    listener, worker = (os.getpriority(os.PRIO_PROCESS, pids[role]) for role in ROLES[:2])

    assert worker == min(listener + NICENESS, 19)


def test_the_worker_alone_loads_codecs(daemon: Daemon) -> None:
    pids = by_role(daemon)

    with_codecs = [role for role in ROLES if "gdcm" in Path(f"/proc/{pids[role]}/maps").read_text()]

    assert with_codecs == ["worker"]


def test_a_second_daemon_on_the_data_folder_is_refused(daemon: Daemon, tmp_path: Path) -> None:
    second = triage("serve", TRIAGE_DATA__FOLDER=str(tmp_path / "data"))

    assert second.returncode == 75
    assert second.stderr == f"triage: another daemon holds {tmp_path / 'data' / 'lock'}\n"
    assert daemon.process.poll() is None


def test_a_second_daemon_on_the_sqlite_file_is_refused(daemon: Daemon, tmp_path: Path) -> None:
    file = tmp_path / "data" / "triage.sqlite3"

    second = triage(
        "serve",
        TRIAGE_DATA__FOLDER=str(tmp_path / "other"),
        TRIAGE_DATABASE__URL=f"sqlite:///{file}",
    )

    assert second.returncode == 75
    assert second.stderr == f"triage: another daemon holds {file}.lock\n"
    assert daemon.process.poll() is None


def test_a_port_that_is_taken_ends_the_daemon(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        ended = triage(
            "serve", TRIAGE_DATA__FOLDER=str(tmp_path / "data"), TRIAGE_LISTENER__PORT=port
        )

    assert ended.returncode == 75
    assert f"listen on 127.0.0.1:{port}" in ended.stderr


def test_a_database_that_is_away_at_the_start_ends_the_daemon(tmp_path: Path) -> None:
    ended = triage(
        "serve",
        TRIAGE_DATA__FOLDER=str(tmp_path / "data"),
        TRIAGE_DATABASE__URL="postgresql://nobody@127.0.0.1:9/nothing",
        TRIAGE_LISTENER__PORT="0",
    )

    assert ended.returncode == 69
    assert "database: OperationalError at opening" in ended.stderr


def test_a_data_folder_that_others_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)

    ended = triage("serve", TRIAGE_DATA__FOLDER=str(tmp_path / "data"))

    assert ended.returncode == 78
    assert "has mode 755" in ended.stderr


def test_a_bundle_that_is_not_there_ends_the_daemon(tmp_path: Path) -> None:
    ended = triage(
        "serve",
        TRIAGE_DATA__FOLDER=str(tmp_path / "data"),
        TRIAGE_MODEL__BUNDLE=str(tmp_path / "nowhere"),
        TRIAGE_LISTENER__PORT="0",
    )

    assert ended.returncode == 78
    assert "cannot start" in ended.stderr


def test_a_font_without_the_letters_ends_the_daemon_with_a_line(tmp_path: Path) -> None:
    ended = triage(
        "serve",
        TRIAGE_DATA__FOLDER=str(tmp_path / "data"),
        TRIAGE_LISTENER__PORT="0",
        TRIAGE_PICTURE__LANGUAGE="zh",
        TRIAGE_PICTURE__FONT=str(DEJAVU),
    )

    assert ended.returncode == 78
    assert "DejaVuSans.ttf, face 0, has no glyph for" in ended.stderr
    assert "(U+4EBA)" in ended.stderr


def test_status_and_explain_tell_what_happened(
    daemon: Daemon, samples: Path, tmp_path: Path
) -> None:
    send([samples / "dx_mass.dcm", samples / "cr_hand.dcm"], daemon.peer)
    engine = daemon.engine()
    wait_until(lambda: sorted(studies_of(engine).values()) == ["DONE", "NOT_ASSESSED"])
    uids = studies_of(engine)
    engine.dispose()
    folder = {"TRIAGE_DATA__FOLDER": str(tmp_path / "data")}

    status = triage("status", **folder)
    stories = "".join(triage("explain", uid, **folder).stdout for uid in uids)

    assert "1  body_part" in status.stdout
    assert "1  SENT_UNPROVEN" in status.stdout
    assert "body_part: Body Part Examined is 'HAND', not the chest." in stories
    assert "ASSESSED -> DONE" in stories
    assert "threshold 0.000  flagged" in stories


def test_no_patient_reaches_the_log(daemon: Daemon, samples: Path) -> None:
    send(sorted(samples.glob("*.dcm")), daemon.peer)
    engine = daemon.engine()
    wait_until(lambda: set(studies_of(engine).values()) <= {"DONE", "NOT_ASSESSED"})
    engine.dispose()
    identities = _identities(samples)

    daemon.stop()

    log = "\n".join(daemon.said + daemon.logged)
    assert "study assessed" in log
    assert [text for text in identities if text in log] == []


def _identities(samples: Path) -> list[str]:
    """Collect names, ids, birth dates and accession numbers of all samples."""
    found: set[str] = set()
    for file in samples.glob("*.dcm"):
        dataset = dcmread(file, stop_before_pixels=True)
        parts = str(dataset.PatientName).replace("^", "=").split("=")
        found |= {part for part in parts if part}
        found |= {dataset.PatientID, dataset.PatientBirthDate, dataset.AccessionNumber}
    return sorted(found)
