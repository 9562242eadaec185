"""Cells of the reports: a million studies, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.history import SPAN, fill
from tests.benchmarks.workshop import Workshop
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from triage.database.calendar import add_days
from triage.database.engine import open_engine
from triage.database.questions import REPORTS
from triage.database.roll_up import roll_up
from triage.database.statistics import ask

STUDIES = 1_000_000
QUICK_STUDIES = 20_000
WINDOW = timedelta(days=30)
POSTGRESQL = "on PostgreSQL"
SLOWEST = "slowest s"


def reporting_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    studies = QUICK_STUDIES if workshop.quick else STUDIES
    for name, days in (("reports-month", WINDOW), ("reports-history", SPAN)):
        yield Cell(
            name=name,
            title=f"every report of {days.days} days among {studies} studies of three years",
            line_up=partial(_line_up, workshop, studies, days),
            shown=(SLOWEST,),
            parts=tuple(f"{report} s" for report in REPORTS),
            goals=(
                (Goal(SLOWEST, 3), Goal(SLOWEST, 1, whose=POSTGRESQL)) if days is WINDOW else ()
            ),
        )


@contextmanager
def _line_up(workshop: Workshop, studies: int, days: timedelta) -> Iterator[Sequence[Contestant]]:
    until = datetime.now(UTC)
    since = (until - days).date()
    file = workshop.folder / f"history-{studies}.sqlite3"
    with PostgreSQL.running() as server, server.copy(template=TEMPLATE) as url:
        if not file.exists():
            shutil.copy(workshop.product.empty, file)
            _fill(open_engine(f"sqlite:///{file}"), studies, until)
        _fill(open_engine(url), studies, until)
        engines = open_engine(f"sqlite:///{file}"), open_engine(url)
        yield [
            Contestant(name, partial(_read, engine, since))
            for name, engine in zip(("triage", POSTGRESQL), engines, strict=True)
        ]
        for engine in engines:
            engine.dispose()


def _fill(engine: Engine, studies: int, until: datetime) -> None:
    with engine.begin() as connection:
        fill(connection, studies, until=until)
        add_days(connection, now=until)
    roll_up(engine)
    engine.dispose()


def _read(engine: Engine, since: date, _folder: Path) -> Figures:
    """Ask every question once, and tell how long each took."""
    took: dict[str, float] = {}
    with engine.connect() as connection:
        for name, report in REPORTS.items():
            begin = perf_counter()
            ask(connection, report, since=since)
            took[f"{name} s"] = perf_counter() - begin
    return {SLOWEST: max(took.values()), **took}
