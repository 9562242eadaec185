"""The days that reports count by, written out, so that both databases count alike.

SQLite knows no time zones, and a day of a zone is nothing that it could make an index of. So each
day is a row or two here: where it begins and ends, cut at midnight UTC, for there is an index of
the days of UTC on both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, delete, func, select, update

from triage.database import reporting_schema as reporting
from triage.database import schema
from triage.database.engine import database_time
from triage.database.migrate import upgrade
from triage.database.reads_schema import reads
from triage.database.statement import look, run
from triage.domain.calendar import Day, beginning, days
from triage.settings.reports import Reports

AHEAD = timedelta(days=40)
"""How far the days reach; a running daemon adds some each hour."""

BATCH = 1000
_INSERT = (
    "INSERT INTO calendar_day (day, utc_day, month, begins_at, ends_at, listed_from)"
    " VALUES {(?, ?, ?, ?, ?, ?)}"
)
_FIRST = (schema.study.c.first_received_at, schema.door_event.c.at, reads.c.read_at)
"""No film is older than its study, and no assessment than its film; a read may be."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose days are counted, and how long a study may wait before it rises on its list."""

    zone: ZoneInfo
    maximum_wait: timedelta


def rule_of(choice: Reports) -> Rule:
    """Return the rule that the settings ask for."""
    return Rule(ZoneInfo(choice.time_zone), timedelta(hours=choice.maximum_wait_h))


def prepare(engine: Engine, choice: Reports) -> str:
    """Bring a database to this program's schema and the settings' days; return the revision.

    All in one transaction: with the schema and without its days, every report would be empty.

    Raises:
        ConfigurationError: the database is newer than this program.
        UnavailableError: it cannot be reached.
    """

    def _write_days(connection: Connection) -> None:
        set_rule(connection, rule_of(choice), now=database_time(connection))

    return upgrade(engine, then=_write_days)


def current_rule(connection: Connection) -> Rule:
    """Return the rule that the views go by; it begins no transaction."""
    row = look(connection, "SELECT time_zone, maximum_wait_s FROM report_rule", ())[0]
    return Rule(ZoneInfo(row[0]), timedelta(seconds=row[1]))


def set_rule(connection: Connection, rule: Rule, *, now: datetime) -> None:
    """Let the views go by this rule from now on.

    Another zone has other days, and its sums by day are made anew; another wait, other lists.
    """
    table = reporting.reporting_rule
    row = connection.execute(select(table).with_for_update()).one()
    same_zone = row.time_zone == rule.zone.key
    if not same_zone:
        for sums in (reporting.score_day, reporting.rolled_day):
            connection.execute(delete(sums))
    if not same_zone or row.maximum_wait_s != rule.maximum_wait.total_seconds():
        connection.execute(delete(reporting.calendar_day))
        connection.execute(
            update(table).values(
                time_zone=rule.zone.key, maximum_wait_s=rule.maximum_wait.total_seconds()
            )
        )
    add_days(connection, now=now)


def add_days(connection: Connection, *, now: datetime) -> None:
    """Write the days that are missing, from that of the first row to some weeks ahead."""
    table = reporting.reporting_rule
    row = connection.execute(select(table).with_for_update()).one()
    rule = Rule(ZoneInfo(row.time_zone), timedelta(seconds=row.maximum_wait_s))
    firsts = [connection.scalar(select(func.min(column))) for column in _FIRST]
    first = min([now, *(found for found in firsts if found is not None)])
    begin, end = (_date(moment, rule.zone) for moment in (first, now + AHEAD))
    found = _missing(connection, rule.zone, begin, end)
    rows = (row for day in found for row in _rows(connection, day, rule))
    while part := list(islice(rows, BATCH)):
        run(connection, _INSERT, [value for row in part for value in row], times=len(part))


def _missing(connection: Connection, zone: ZoneInfo, begin: date, end: date) -> Iterator[Day]:
    column = reporting.calendar_day.c.day
    there = connection.execute(select(func.min(column), func.max(column))).one()
    if there[0] is None:
        yield from days(zone, begin, end)
        return
    one = timedelta(days=1)
    yield from days(zone, begin, there[0] - one)
    yield from days(zone, there[1] + one, end)


def _date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _listed_from(day: Day, rule: Rule) -> datetime:
    """Return since when those came who are on a day's list: they are overdue for a whole day.

    Whose maximum wait ends within a day is on that day's list to its end, and on the next one.
    """
    one = timedelta(days=1)
    day_before = min(day.begins_at - one, beginning(rule.zone, day.day - one))
    return day_before - rule.maximum_wait


def _rows(connection: Connection, day: Day, rule: Rule) -> Iterator[tuple[object, ...]]:
    """Return the values of a day's rows as the driver takes them.

    SQLite compares times as text, and one of a whole second may stand in a row with or without a
    fraction: a limit without one goes before both.
    """
    on_sqlite = connection.dialect.name == "sqlite"
    for utc_day, begins_at, ends_at in day.pieces:
        dates = (day.day, utc_day, day.day.replace(day=1))
        moments = (begins_at, ends_at, _listed_from(day, rule))
        if on_sqlite:
            yield (*map(str, dates), *(f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments))
        else:
            yield (*dates, *moments)
