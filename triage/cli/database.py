"""``triage database upgrade | roll-up | check | reindex``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from triage.cli.commands import EX_DATA
from triage.cli.options import (
    AsJson,
    SettingsFile,
    opened,
    print_json,
    settings_from,
    with_progress,
)
from triage.daemon.audit import Audit, Audited
from triage.daemon.reindex import Rebuilt, Reindex
from triage.database import roll_up as sums
from triage.database.calendar import prepare
from triage.database.engine import (
    DatabaseError,
    Engine,
    existing_engine,
    open_engine,
    reading_engine,
)
from triage.domain.errors import UnavailableError
from triage.settings import Settings
from triage.spool import private_folder

DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")]

database = typer.Typer(help="Upgrade, sum up, check, or rebuild the database.")


@database.command()
def upgrade(settings: SettingsFile = None) -> None:
    """Bring the database to this program's schema; a newer one is refused (exit 78)."""
    choice = settings_from(settings)
    private_folder(choice.data.folder)
    with _open(choice, open_engine) as engine:
        print(f"upgrade: schema {prepare(engine, choice.reports)}")


@database.command("roll-up")
def roll_up(settings: SettingsFile = None) -> None:
    """Sum up the scores of the days that are over."""
    choice = settings_from(settings)
    with opened(choice) as engine:
        print(f"roll-up: {sums.roll_up(engine)} days")


@database.command()
def check(settings: SettingsFile = None, as_json: AsJson = False) -> int:
    """Hold database and folders against each other, and write nothing; 65 if anything is wrong.

    Every file is read. A daemon may go on meanwhile.
    """
    choice = settings_from(settings)
    with _open(choice, reading_engine) as engine:
        found = Audit(
            engine,
            films=choice.data.folder / "spool",
            results=choice.data.folder / "results",
            watched=lambda digests: with_progress(digests, "check"),
        ).run()
    print_json(found.told) if as_json else _show(found)
    return EX_DATA if found.problems else 0


@database.command()
def reindex(settings: SettingsFile = None, dry_run: DryRun = False, as_json: AsJson = False) -> int:
    """Make the rows of films anew from their files, after the database was lost or restored.

    It may be broken off and run again. 65 if a file could not be read.
    """
    choice = settings_from(settings)
    with _open(choice, existing_engine) as engine:
        rebuilt = Reindex(
            engine,
            folder=choice.data.folder,
            pacs=choice.pacs,
            dry_run=dry_run,
            watched=lambda digests: with_progress(digests, "reindex"),
        ).run()
    print_json(rebuilt.told) if as_json else _tell(rebuilt, dry_run=dry_run)
    return EX_DATA if rebuilt.unreadable else 0


def _show(found: Audited) -> None:
    for problem in found.problems:
        print(f"{problem.code:<17}{problem.subject}: {problem.sentence}")
    for code, count in sorted(found.counts.items()):
        print(f"{count:>7}  {code}")
    looked_at = ", ".join(f"{count} {what}" for what, count in found.looked_at.items())
    print(f"looked at {looked_at}: {found.counts.total() or 'no'} problems")


def _tell(rebuilt: Rebuilt, *, dry_run: bool) -> None:
    for name, sentence in rebuilt.unreadable.items():
        print(f"file {name}: {sentence}")
    if dry_run:
        print("nothing was written; without --dry-run this would be done:")
    for what, count in rebuilt.counts.items():
        print(f"{count:>7}  {what}")


@contextmanager
def _open(choice: Settings, opened: Callable[[str], Engine]) -> Iterator[Engine]:
    engine = opened(choice.database_url)
    try:
        yield engine
    except DatabaseError as error:
        raise UnavailableError(f"database: {type(error.orig).__name__}") from error
    finally:
        engine.dispose()
