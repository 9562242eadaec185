"""kill -9 in the middle of a migration: nothing of it is there, and it is run again."""

import subprocess
import sys

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.builders.clock import NOON
from tests.builders.studies import leased, posted, receipt
from tests.crash.migrating import COMMIT
from triage.database import migrate
from triage.database.contradictions import contradictions
from triage.database.drift import drift
from triage.database.soundness import damage
from triage.domain.errors import UnavailableError

OLD = "0001"
MOMENTS = ("UPDATE door_event", "ix_delivery_queue", "ix_study_day", "report_scores ", COMMIT)
ROWS = "SELECT sop_instance_uid, digest, state FROM instance ORDER BY id"
EVENTS = "SELECT COUNT(*) FROM event WHERE kind = 'study'"


@pytest.fixture
def old(database: Engine) -> Engine:
    """A database with rows that an older program has left."""
    with database.begin() as connection:
        posted(connection, now=NOON)
        leased(connection, receipt("2.25.2", study="2.25.20"), now=NOON)
    migrate.downgrade(database, revision=OLD)
    return database


def upgrade_and_die(engine: Engine, words: str, *how: str) -> int:
    """Upgrade in another process, and return its exit code."""
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    program = [sys.executable, "-m", "tests.crash.migrating", url, words, *how]
    return subprocess.run(program, check=False, capture_output=True).returncode


def rows(engine: Engine) -> list[object]:
    with engine.begin() as connection:
        films = [tuple(row) for row in connection.execute(text(ROWS))]
        return [*films, connection.scalar(text(EVENTS))]


def wrong_with(engine: Engine) -> list[object]:
    with engine.begin() as connection:
        found = [*damage(connection), *drift(connection)]
        return [*found, *contradictions(connection, now=NOON)]


@pytest.mark.parametrize("words", MOMENTS)
def test_a_killed_migration_leaves_the_old_schema_and_is_run_again(old: Engine, words: str) -> None:
    before = rows(old)

    assert upgrade_and_die(old, words) == -9

    with old.begin() as connection:
        assert migrate.current_revision(connection) == OLD
    assert migrate.upgrade(old) == migrate.newest_revision()
    assert rows(old) == before
    assert wrong_with(old) == []


def test_a_migration_that_commits_in_pieces_is_noticed(old: Engine) -> None:
    assert upgrade_and_die(old, MOMENTS[1], "piecemeal") == -9

    with pytest.raises((DBAPIError, UnavailableError)):
        migrate.upgrade(old)
