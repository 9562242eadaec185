"""The demonstration's daemon."""

from pathlib import Path

import pytest

from deploy.demo.daemon import environment_for, running_daemon
from deploy.demo.failure import DemoFailed
from triage.domain.study import Peer

PACS = Peer("PACS", "127.0.0.1", 4242)


def test_the_settings_of_a_real_daemon_never_reach_it() -> None:
    given = {"TRIAGE_DATABASE__URL": "postgresql://real", "TRIAGE_SETTINGS": "/etc/triage.toml"}

    environment = environment_for(Path("/data"), pacs=PACS, given=given)

    assert environment.keys().isdisjoint(given)


def test_the_bundle_may_be_chosen() -> None:
    given = {"TRIAGE_MODEL__BUNDLE": "/bundle", "PATH": "/bin"}

    assert given.items() <= environment_for(Path("/data"), pacs=PACS, given=given).items()


def test_flagged_films_are_returned_to_the_pacs() -> None:
    environment = environment_for(Path("/data"), pacs=PACS, given={})

    assert environment["TRIAGE_PACS__RETURN"] == "true"
    assert environment["TRIAGE_PACS__PORT"] == "4242"


def test_a_daemon_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_MODEL__BUNDLE", str(tmp_path / "absent"))
    daemon = running_daemon(tmp_path / "data", pacs=PACS, bundle=None, log=tmp_path / "log")

    with pytest.raises(DemoFailed, match="absent"), daemon:
        pass
