"""Days of a zone on both engines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from tests.builders.clock import NOON
from tests.builders.studies import posted, receipt, receive
from triage.database import calendar, migrate
from triage.database import reporting_schema as reporting
from triage.database.calendar import AHEAD, Rule, add_days, current_rule, prepare, set_rule
from triage.database.engine import open_engine
from triage.database.questions import REPORTS
from triage.database.roll_up import roll_up_next
from triage.database.statistics import ask
from triage.settings.reports import Reports

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2026, 3, 29, tzinfo=BERLIN)
"""The day on which clocks in Berlin jump from 2 to 3."""

AUTUMN = datetime(2025, 10, 26, tzinfo=BERLIN)
"""The day on which they go back from 3 to 2."""


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def count_by(connection: Connection, zone: str) -> None:
    """Count by the days of a zone from now on."""
    set_rule(connection, Rule(ZoneInfo(zone), DAY), now=datetime(2026, 6, 1, tzinfo=UTC))


def came(connection: Connection, *moments: datetime) -> None:
    """Receive a film of a study of its own at each of these moments."""
    for number, at in enumerate(moments):
        study = f"2.25.{number + 1}"
        receive(connection, receipt(f"{study}.1", study=study), now=at)


def counted(connection: Connection) -> dict[object, object]:
    """Tell how many films came on each day."""
    table = ask(connection, REPORTS["daily-volume"], since=date(2025, 1, 1))
    return {row[0]: row[3] for row in table.rows}


def reach(connection: Connection) -> tuple[date, date]:
    column = reporting.calendar_day.c.day
    first, last = connection.execute(select(func.min(column), func.max(column))).one()
    return first, last


def test_a_film_counts_to_the_day_of_the_sites_clocks(connection: Connection) -> None:
    came(connection, datetime(2026, 1, 5, 22, 59, tzinfo=UTC), datetime(2026, 1, 5, 23, tzinfo=UTC))

    count_by(connection, "Europe/Berlin")

    assert counted(connection) == {"2026-01-05": 1, "2026-01-06": 1}


@pytest.mark.parametrize(("midnight", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_on_which_clocks_are_set_has_all_its_hours(
    connection: Connection, midnight: datetime, hours: int
) -> None:
    begin = midnight.astimezone(UTC)
    came(connection, *(begin + timedelta(hours=hour) for hour in range(-1, hours + 1)))

    count_by(connection, "Europe/Berlin")

    days = [str((midnight + number * DAY).date()) for number in (-1, 0, 1)]
    assert counted(connection) == dict(zip(days, (1, hours, 1), strict=True))


def test_a_day_begins_with_its_first_microsecond(connection: Connection) -> None:
    begin = SPRING.astimezone(UTC)
    came(connection, begin - timedelta(microseconds=1), begin)

    count_by(connection, "Europe/Berlin")

    assert counted(connection) == {"2026-03-28": 1, "2026-03-29": 1}


@pytest.mark.parametrize("name", ["worklist", "findings", "turn-round", "retries"])
def test_all_reports_go_by_the_same_days(connection: Connection, name: str) -> None:
    posted(connection, now=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))

    count_by(connection, "Europe/Berlin")

    assert ask(connection, REPORTS[name], since=date(2026, 1, 6)).rows
    assert not ask(connection, REPORTS[name], since=date(2026, 1, 7)).rows


def test_a_month_ends_at_the_sites_midnight_too(connection: Connection) -> None:
    posted(connection, now=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    count_by(connection, "Europe/Berlin")

    month = connection.exec_driver_sql("SELECT month FROM report_films").scalar_one()
    assert str(month) == "2026-02-01"


def test_a_day_is_summed_up_when_the_sites_day_is_over(connection: Connection) -> None:
    posted(connection, now=NOON)
    count_by(connection, "America/New_York")

    at_midnight = datetime(2026, 1, 6, 5, tzinfo=UTC)

    assert roll_up_next(connection, now=at_midnight + timedelta(minutes=59)) is None
    assert roll_up_next(connection, now=at_midnight + timedelta(minutes=60)) == NOON.date()


def test_another_zone_makes_the_sums_of_days_anew(connection: Connection) -> None:
    posted(connection, now=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    roll_up_next(connection, now=datetime(2026, 3, 1, tzinfo=UTC))

    count_by(connection, "Europe/Berlin")

    assert connection.execute(select(reporting.score_day)).all() == []
    assert roll_up_next(connection, now=datetime(2026, 3, 1, tzinfo=UTC)) == date(2026, 1, 6)


def test_the_same_rule_again_changes_nothing(connection: Connection) -> None:
    posted(connection, now=NOON)
    roll_up_next(connection, now=datetime(2026, 3, 1, tzinfo=UTC))
    before = reach(connection)

    set_rule(connection, current_rule(connection), now=NOON)

    assert reach(connection) == before
    assert connection.execute(select(reporting.score_day)).all() != []


def test_another_wait_alone_keeps_the_sums(connection: Connection) -> None:
    posted(connection, now=NOON)
    roll_up_next(connection, now=datetime(2026, 3, 1, tzinfo=UTC))

    set_rule(connection, Rule(ZoneInfo("UTC"), timedelta(hours=4)), now=NOON)

    assert current_rule(connection).maximum_wait == timedelta(hours=4)
    assert connection.execute(select(reporting.score_day)).all() != []


def test_a_new_database_gets_the_days_of_the_settings(empty: Engine) -> None:
    prepare(empty, Reports(time_zone="Asia/Tokyo", maximum_wait_h=2))

    with empty.begin() as connection:
        rule = current_rule(connection)
        first, last = reach(connection)
    assert rule == Rule(ZoneInfo("Asia/Tokyo"), timedelta(hours=2))
    assert last - first == AHEAD


def test_a_clock_that_was_late_once_loses_no_film(empty: Engine) -> None:
    with empty.begin() as connection:
        add_days(connection, now=NOON)
        came(connection, NOON - 100 * DAY)

        add_days(connection, now=NOON + DAY)

        assert list(counted(connection).values()) == [1]
        assert reach(connection) == ((NOON - 100 * DAY).date(), (NOON + DAY + AHEAD).date())


def test_many_days_are_written_in_parts(empty: Engine) -> None:
    with empty.begin() as connection:
        came(connection, NOON - calendar.BATCH * DAY)

        add_days(connection, now=NOON)

        written = connection.scalar(select(func.count()).select_from(reporting.calendar_day))
    assert written == calendar.BATCH + AHEAD.days + 1


def break_off(*arguments: object) -> None:
    if str(arguments[2]).startswith("DELETE FROM calendar_day"):
        raise KeyboardInterrupt


def test_a_schema_whose_days_could_not_be_written_is_not_there(empty: Engine) -> None:
    migrate.downgrade(empty, revision="base")
    event.listen(empty, "before_cursor_execute", break_off)

    with pytest.raises(KeyboardInterrupt):
        prepare(empty, Reports(time_zone="Asia/Tokyo"))

    with empty.begin() as connection:
        assert migrate.current_revision(connection) is None
    event.remove(empty, "before_cursor_execute", break_off)
    assert prepare(empty, Reports(time_zone="Asia/Tokyo")) == migrate.newest_revision()
