"""Power loss: a film is answered only after everything of it was synced, in this order."""

from pathlib import Path

import pytest

from tests.builders.raw import RawClient
from tests.builders.tools import needs
from tests.crash.films import SentFilm
from tests.crash.site import Site
from tests.crash.trace import ORDER, WATCHED, steps, traced

pytestmark = needs("strace")

FIRST, SECOND = SentFilm(1), SentFilm(2)
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


def seen(site: Site, output: Path, *, parts: str = "") -> list[str]:
    """Watch a listener store its second film; return the steps in their order."""
    with site.listeners(parts) as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        modality.store(FIRST.data_set, FIRST.uid)
        with traced(listeners.only.pid, WATCHED, output=output):
            modality.store(SECOND.data_set, SECOND.uid)
    return steps(output)


def test_file_link_folder_and_commit_are_durable_before_the_answer(
    site: Site, tmp_path: Path
) -> None:
    assert seen(site, tmp_path / "calls") == ORDER


@ON_SQLITE
def test_a_spool_that_does_not_sync_is_noticed(site: Site, tmp_path: Path) -> None:
    found = seen(site, tmp_path / "calls", parts="unsynced")

    assert found == ["linked", "committed", "answered"]


@ON_SQLITE
def test_an_answer_before_the_commit_is_noticed(site: Site, tmp_path: Path) -> None:
    found = seen(site, tmp_path / "calls", parts="hasty")

    assert found == ["file synced", "linked", "folder synced", "answered"]


@ON_SQLITE
def test_a_database_that_does_not_sync_is_noticed(site: Site, tmp_path: Path) -> None:
    found = seen(site, tmp_path / "calls", parts="lazy")

    assert found == ["file synced", "linked", "folder synced", "answered"]
