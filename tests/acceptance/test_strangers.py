"""``triage serve`` behind a closed door: who is served, who is not, and who learns of it."""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.builders.certificates import Authority, modality
from tests.builders.command import Command
from tests.builders.daemon import START_S, Daemon, running_daemon
from tests.builders.dataset import encoded, film_dataset
from tests.builders.raw import RawClient
from tests.builders.studies import FILM

KNOWN = '[{"ae_title": "CR1", "host": "127.0.0.1"}]'
LINE = '{ ae_title = "XR_ROOM_1", host = "127.0.0.1" },'


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    """The authority that the daemon trusts."""
    return Authority(tmp_path / "hospital")


@pytest.fixture
def environment(hospital: Authority) -> Mapping[str, str]:
    """Settings of a daemon that speaks TLS, and with one modality alone."""
    papers = hospital.papers()
    return {
        "TRIAGE_LISTENER__ALLOWED": KNOWN,
        "TRIAGE_TLS__CERTIFICATE": str(papers.certificate),
        "TRIAGE_TLS__KEY": str(papers.key),
        "TRIAGE_TLS__AUTHORITIES": str(papers.authorities),
    }


@pytest.fixture
def daemon(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[Daemon]:
    """The daemon, started."""
    with running_daemon(tmp_path / "data", environment) as running:
        yield running


def knock(port: int, tls: ssl.SSLContext | None) -> str:
    """Ask for an association under a title that nobody knows."""
    with RawClient(port, tls=tls) as stranger:
        return stranger.associate(calling="XR_ROOM_1").kind


def test_a_site_learns_who_knocked_and_may_let_him_in(
    daemon: Daemon,
    hospital: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tls, port = modality(hospital.papers("CR1"), trusts=hospital), daemon.peer.port
    monkeypatch.setenv("TRIAGE_DATA__FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_LISTENER__ALLOWED", KNOWN)

    with RawClient(port, tls=tls) as known:
        known.associate()
        status = known.store(encoded(film_dataset()), FILM)
        known.release()
    kinds = [knock(port, tls) for _ in range(3)] + [knock(port, None)]
    exit_code = daemon.stop()
    learned = Command(capsys).text("learn")

    assert (status, kinds, exit_code) == (0x0000, ["reject"] * 3 + ["end"], 0)
    assert "      3  XR_ROOM_1@127.0.0.1 to TRIAGE" in learned
    assert "tls: TLS: wrong version number" in learned
    assert [line.strip() for line in learned.splitlines() if "{" in line] == [LINE]


def test_a_key_that_others_may_read_ends_the_daemon(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    key = Path(environment["TRIAGE_TLS__KEY"])
    key.chmod(0o644)

    with running_daemon(tmp_path / "data", environment) as daemon:
        exit_code = daemon.process.wait(START_S)

    assert exit_code == 78
    assert f"tls.key: {key}: others may read it" in "\n".join(daemon.logged)
