"""Cells of the reports: a million studies, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
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
from triage.database.reading_list import reading_list
from triage.database.roll_up import roll_up
from triage.database.statistics import ask

STUDIES = 1_000_000
QUICK_STUDIES = 20_000
WINDOW = timedelta(days=30)
POSTGRESQL = "on PostgreSQL"
SPANS = {"": WINDOW, " of all": SPAN}
READING_LIST = "reading list of a day"
SLOWEST = "slowest s"


def reporting_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    studies = QUICK_STUDIES if workshop.quick else STUDIES
    yield Cell(
        name="reports",
        title=f"every report of {WINDOW.days} days, then of three years, among {studies} studies",
        line_up=partial(_line_up, workshop, studies),
        shown=(SLOWEST,),
        parts=(f"{READING_LIST} s", *(f"{name}{span} s" for span in SPANS for name in REPORTS)),
        goals=(Goal(SLOWEST, 3), Goal(SLOWEST, 1, whose=POSTGRESQL)),
    )


@contextmanager
def _line_up(workshop: Workshop, studies: int) -> Iterator[Sequence[Contestant]]:
    until = datetime.now(UTC)
    file = workshop.folder / "history.sqlite3"
    shutil.copy(workshop.product.empty, file)
    with PostgreSQL.running() as server, server.copy(template=TEMPLATE) as url:
        engines = open_engine(f"sqlite:///{file}"), open_engine(url)
        for engine in engines:
            _fill(engine, studies, until)
        yield [
            Contestant(name, partial(_read, engine, until))
            for name, engine in zip(("triage", POSTGRESQL), engines, strict=True)
        ]
        for engine in engines:
            engine.dispose()


def _fill(engine: Engine, studies: int, until: datetime) -> None:
    with engine.begin() as connection:
        fill(connection, studies, until=until)
        add_days(connection, now=until)
    roll_up(engine)


def _read(engine: Engine, until: datetime, _folder: Path) -> Figures:
    """Ask every question once for each span, and tell how long each took."""
    took: dict[str, float] = {}
    with engine.connect() as connection:
        begin = perf_counter()
        reading_list(connection, until.date())
        took[f"{READING_LIST} s"] = perf_counter() - begin
        for span, days in SPANS.items():
            for name, report in REPORTS.items():
                begin = perf_counter()
                ask(connection, report, since=(until - days).date())
                took[f"{name}{span} s"] = perf_counter() - begin
    month = (READING_LIST, *REPORTS)
    return {SLOWEST: max(took[f"{name} s"] for name in month), **took}
