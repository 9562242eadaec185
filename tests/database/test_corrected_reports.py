"""Films that came again count once in every report, as the one that holds, on both engines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Date, column, func, select, table, text

from tests.builders.clock import NOON
from tests.builders.reads import imported, reading
from tests.builders.studies import FILM, STUDY, assessment, finished, leased, parcel, receipt
from triage.database import reporting_schema as reporting
from triage.database import schema
from triage.database.agreement import comparisons
from triage.database.questions import REPORTS
from triage.database.reading_list import reading_list
from triage.database.roll_up import roll_up_next
from triage.database.statistics import ask

DAY = NOON.date()
OTHER = "2.25.200"
LATER = timedelta(hours=1)
VIEWS = ("films", "scores_live", "worklist", "reading_list")
(LABEL,) = (finding.label for finding in assessment().findings)


def come(connection: Connection, capture: str, *, study: str, hours: int = 0) -> None:
    """Receive the film in this study, and assess it."""
    now = NOON + hours * LATER
    lease = leased(connection, receipt(FILM, study=study, contents=capture), now=now)
    finished(connection, lease, parcel(capture), now=now)


def corrected(connection: Connection, *, study: str = OTHER) -> None:
    """Let the film come in one study, and an hour later with another identity."""
    come(connection, "2.25.1", study=STUDY)
    come(connection, "2.25.2", study=study, hours=1)


def rows_of(connection: Connection, view: str) -> int:
    rows = table(f"report_{view}", column("day", Date))
    found = select(func.count()).select_from(rows).where(rows.c.day == DAY)
    return int(connection.execute(found).scalar_one())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("study", [STUDY, OTHER])
def test_a_film_that_came_again_counts_once(connection: Connection, view: str, study: str) -> None:
    corrected(connection, study=study)

    assert rows_of(connection, view) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_without_a_correction_both_films_count(connection: Connection, view: str) -> None:
    corrected(connection)
    connection.execute(schema.correction.delete())

    counted = 1 if view == "scores_live" else 2
    assert rows_of(connection, view) == counted
    assert connection.scalar(text("SELECT SUM(films) FROM report_scores_live")) == 2


def test_the_sums_count_a_film_that_came_again_once(connection: Connection) -> None:
    corrected(connection)

    assert connection.scalar(text("SELECT SUM(films) FROM report_findings")) == 1
    assert connection.scalar(text("SELECT SUM(films) FROM report_model_versions")) == 1
    assert connection.scalar(text("SELECT SUM(films) FROM report_score_histogram")) == 1
    assert connection.scalar(text("SELECT SUM(films) FROM report_flag_rate")) == 1


def test_a_study_whose_only_film_belongs_to_another_is_not_to_be_read(
    connection: Connection,
) -> None:
    corrected(connection)

    listed = [row[1] for row in reading_list(connection, DAY).rows]
    shown = [row[0] for row in ask(connection, REPORTS["worklist"], since=DAY).rows]
    assert listed == shown == [OTHER]


def test_a_correction_after_the_day_was_summed_up_is_in_its_sums(connection: Connection) -> None:
    come(connection, "2.25.1", study=STUDY)
    two_days = NOON + timedelta(days=2)
    assert roll_up_next(connection, now=two_days) == DAY

    come(connection, "2.25.2", study=OTHER, hours=48)

    assert connection.execute(select(reporting.rolled_day)).all() == []
    assert days_of(connection) == [DAY + timedelta(days=2)]


def test_a_film_that_came_once_leaves_the_sums_as_they_are(connection: Connection) -> None:
    come(connection, "2.25.1", study=STUDY)
    assert roll_up_next(connection, now=NOON + timedelta(days=2)) == DAY

    lease = leased(connection, receipt("2.25.9", study=OTHER), now=NOON + timedelta(days=2))
    finished(connection, lease, now=NOON + timedelta(days=2))

    assert list(connection.scalars(select(reporting.rolled_day.c.day))) == [DAY]


def days_of(connection: Connection) -> list[date]:
    found = connection.scalars(text("SELECT day FROM report_findings WHERE films > 0 ORDER BY day"))
    return [date.fromisoformat(str(day)) for day in found]


def test_a_reader_is_held_against_the_film_that_holds(connection: Connection) -> None:
    corrected(connection)
    imported(connection, reading(label=LABEL))

    (found,) = comparisons(connection, since=DAY)

    assert found.model is None


def test_a_reader_is_held_against_a_film_that_was_not_corrected(connection: Connection) -> None:
    come(connection, "2.25.1", study=STUDY)
    imported(connection, reading(label=LABEL))

    (found,) = comparisons(connection, since=DAY)

    assert found.model is not None
