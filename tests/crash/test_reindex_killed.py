"""kill -9 of a reindex at any commit: the next one goes on, and nothing is there twice."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.disaster import Site
from triage.daemon.reindex import BATCH, RESTORED

FILMS = 2 * BATCH + 10


@pytest.fixture
def site(tmp_path: Path, database: Engine) -> Site:
    """More films than one transaction takes, each tenth with its capture."""
    site = Site(tmp_path, database)
    for number in range(FILMS):
        film = site.film(f"2.25.{number}", StudyInstanceUID=f"2.25.{number // 3}.1")
        if number % 10 == 0:
            site.capture(film)
    return site


def reindex_and_die(site: Site, *, after_commits: int) -> int:
    url = site.engine.url.render_as_string(hide_password=False)
    site.engine.dispose()
    words = [url, str(site.folder), str(after_commits)]
    program = [sys.executable, "-m", "tests.crash.reindexing", *words]
    return subprocess.run(program, check=False, capture_output=True).returncode


@pytest.mark.parametrize("commits", [0, 7, 8])
def test_a_killed_reindex_is_run_again_and_makes_each_row_once(site: Site, commits: int) -> None:
    assert reindex_and_die(site, after_commits=commits) == -9
    there = len(site.rows("instance"))

    rebuilt = site.reindex()

    assert rebuilt.counts[RESTORED] == FILMS - there
    assert len(site.rows("instance")) == FILMS
    assert len(site.rows("delivery")) == len(site.rows("assessment")) == FILMS // 10
    assert site.audit().problems == []
