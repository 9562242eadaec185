"""``triage worklist``: work through what the PACS has of some days, and tell what became of it."""

import signal
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.explain import removal_of
from triage.cli.night_files import write_night
from triage.cli.options import (
    AsJson,
    SettingsFile,
    day_named,
    make_folder,
    opened,
    print_json,
    settings_from,
)
from triage.cli.reading_list import list_studies
from triage.daemon.calendar import Calendar
from triage.daemon.logs import configure_logs
from triage.daemon.nightshift import PATIENCE_S, hold, night_of
from triage.daemon.signals import stopped_by
from triage.database import runs
from triage.database.correction import to_remove
from triage.database.engine import Engine
from triage.database.reconciliation import Reconciliation, reconciliation
from triage.database.timeline import Row
from triage.domain.errors import UnavailableError
from triage.domain.worklist import Verdict
from triage.send.failure import Broken
from triage.settings import Settings

EX_TEMPFAIL = 75

worklist = typer.Typer(
    help="Work through the PACS' studies of some days.", rich_markup_mode=None, no_args_is_help=True
)

worklist.command("list")(list_studies)

Day = Annotated[
    datetime | None,
    typer.Option("--date", parser=day_named, metavar="DAY", help="Whose list; today's."),
]
To = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Write reading list and reconciliation there."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Ask and compare; pull nothing, write nothing down.")
]


@worklist.command("run")
def run(
    settings: SettingsFile = None,
    day: Day = None,
    dry_run: DryRun = False,
    to: To = None,
    as_json: AsJson = False,
) -> int:
    """Ask the PACS, pull what is missing, wait for the daemon, and reconcile.

    It may be broken off and run again. The limits hold, the window does not. What is not exact
    ends with exit code 75.
    """
    choice = settings_from(settings)
    configure_logs()
    wanted = _day(choice, day)
    if to is not None and not dry_run:
        make_folder(to)  # before the night, not after it
    try:
        with opened(choice) as engine:
            if dry_run:
                return _look(choice, engine, wanted, as_json=as_json)
            _work(choice, engine, wanted)
            if to is not None:
                _write(choice, engine, wanted, to)
            return _tell(choice, engine, wanted, as_json=as_json)
    except Broken as broken:
        raise UnavailableError(f"the PACS {broken}") from broken


@worklist.command("show")
def show(
    settings: SettingsFile = None, day: Day = None, to: To = None, as_json: AsJson = False
) -> int:
    """Tell the reconciliation of a day as it is now; exit code 75 where it is not exact."""
    choice = settings_from(settings)
    wanted = _day(choice, day)
    with opened(choice) as engine:
        if to is not None:
            make_folder(to)
            _write(choice, engine, wanted, to)
        return _tell(choice, engine, wanted, as_json=as_json)


def _day(settings: Settings, day: datetime | None) -> date:
    return datetime.now(settings.worklist.zone).date() if day is None else day.date()


def _work(settings: Settings, engine: Engine, day: date) -> None:
    stop = stopped_by(signal.SIGTERM, signal.SIGINT)
    held = hold(engine, day, stop=stop, tell=lambda line: typer.echo(line, err=True))
    with night_of(settings, engine, stop=stop, patience_s=PATIENCE_S) as night:
        night.work(held)


def _write(settings: Settings, engine: Engine, day: date, folder: Path) -> None:
    told = _plain(*_found(settings, engine, day)) | {"to_remove": _removals(engine, day)}
    write_night(engine, settings, folder, day=day, reconciled=told)


def _look(settings: Settings, engine: Engine, day: date, *, as_json: bool) -> int:
    with night_of(settings, engine, stop=threading.Event()) as night:
        found, wanted, gaps = night.look(day)
    if as_json:
        told = {"would_pull": [plan.study_uid for plan in wanted], "gaps": gaps}
        print_json({"day": str(day), "studies": found.sums} | told)
        return 0
    _show_sums(found)
    print("\n".join(f"gap: {gap}" for gap in gaps), end="\n" if gaps else "")
    print("\n".join(f"would pull {plan.study_uid}" for plan in wanted) or "would pull nothing")
    return 0


def _found(
    settings: Settings, engine: Engine, day: date
) -> tuple[Reconciliation, str | None, str | None]:
    with engine.connect() as connection:
        found = reconciliation(connection, day)
        last = runs.last_run(connection, day)
    verdict, reason = last or (None, None)
    return found, verdict, reason if verdict else _owed(settings, day, begun=last is not None)


def _removals(engine: Engine, day: date) -> Sequence[Row]:
    """Find what a person has to remove from the PACS since the last night."""
    with engine.connect() as connection:
        return to_remove(connection, since=runs.night_before(connection, day), up_to=day)


def _tell(settings: Settings, engine: Engine, day: date, *, as_json: bool) -> int:
    found, verdict, reason = _found(settings, engine, day)
    old = _removals(engine, day)
    exact = found.is_exact and (verdict == Verdict.EXACT or not (verdict or reason))
    if as_json:
        print_json(_plain(found, verdict, reason) | {"to_remove": old})
    else:
        _show(found, verdict, reason)
        _show_removals(old)
    return 0 if exact else EX_TEMPFAIL


def _owed(settings: Settings, day: date, *, begun: bool) -> str | None:
    """Say why there should be a verdict on a day where there is none."""
    if begun:
        return "one was begun"
    cron = settings.worklist.cron
    due = bool(cron) and Calendar(settings.worklist).was_due(day, by=datetime.now(UTC))
    return "one was due" if due else None


def _plain(found: Reconciliation, verdict: str | None, reason: str | None) -> dict[str, object]:
    return {
        "day": str(found.day),
        "verdict": verdict,
        "reason": reason,
        "studies": found.sums,
        "reasons": found.reasons,
        "list": [
            {
                "study": study.study_uid,
                "priority": study.priority,
                "outcome": study.outcome,
                "why": study.why,
                "expected": study.expected,
                "missing": study.missing,
            }
            for study in found.studies
        ],
    }


def _show(found: Reconciliation, verdict: str | None, reason: str | None) -> None:
    print(
        f"worklist of {found.day}: {verdict or 'no run has ended'}{f' ({reason})' * bool(reason)}"
    )
    _show_sums(found)
    for study in found.studies:
        if study.missing or study.is_under_way or study.captures > study.delivered:
            lacks = f", {study.missing} of {study.expected} films missing" * bool(study.missing)
            print(f"{study.study_uid}  {study.outcome}{lacks}{f': {study.why}' * bool(study.why)}")


def _show_removals(old: Sequence[Row]) -> None:
    if old:
        print(f"{len(old):>7}  to remove")
    for row in old:
        print(removal_of(row))


def _show_sums(found: Reconciliation) -> None:
    for name, count in found.sums.items():
        print(f"{count:>7}  {name.replace('_', ' ')}")
    for why, count in found.reasons.items():
        print(f"{count:>7}  {why}")
