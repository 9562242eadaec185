"""What readers and bundles said of the same studies, on both engines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text, update

from tests.builders.clock import NOON
from tests.builders.reads import assessed_study, imported, reading
from tests.builders.studies import (
    STUDY,
    assessment,
    digest_of,
    finished,
    leased,
    receipt,
    receive,
    refused,
)
from triage.database import results, schema
from triage.database.agreement import comparisons, loudest_films
from triage.database.calendar import Rule, set_rule
from triage.database.questions import DISAGREEMENTS
from triage.database.results import Outcome
from triage.database.statistics import ask
from triage.domain.assessment import Finding, Model, Tier
from triage.domain.reading import Answer, Comparison
from triage.domain.study import FilmState

DAY = NOON.date()
MODEL = Model("small", "1.0", digest_of("bundle"))
NEWER = Model("small", "1.1", digest_of("newer"))


def only(connection: Connection, since: date = DAY) -> Comparison:
    (found,) = comparisons(connection, since=since)
    return found


def two_films(connection: Connection, *, second: Model = MODEL) -> None:
    """Assess two films of one study: 0.2, below its threshold, and 0.7."""
    films = receipt("2.25.8"), receipt("2.25.9")
    lease = leased(connection, *films, now=NOON)
    outcomes = [
        said(film.id, probability, model)
        for film, probability, model in zip(
            results.waiting_films(connection, lease), (0.2, 0.7), (MODEL, second), strict=True
        )
    ]
    results.finish(connection, lease, outcomes, now=NOON)


def said(instance_id: int, probability: float, model: Model) -> Outcome:
    tier = Tier.FLAGGED if probability >= 0.5 else Tier.BELOW
    finding = Finding("tumour", probability, 0.5, tier)
    told = replace(assessment(), model=model, findings=(finding,))
    return Outcome(instance_id, FilmState.ASSESSED, assessment=told)


def disagreeing(connection: Connection) -> list[tuple[object, ...]]:
    return [row[:4] for row in ask(connection, DISAGREEMENTS, since=DAY).rows]


def test_a_word_stands_beside_what_the_model_said(connection: Connection) -> None:
    assessed_study(connection)
    imported(connection, reading())

    assert only(connection) == Comparison(STUDY, "tumour", "A", True, MODEL, 0.9, True)


def test_a_study_is_as_loud_as_its_loudest_film(connection: Connection) -> None:
    two_films(connection)
    imported(connection, reading())

    found = only(connection)

    assert (found.probability, found.reached) == (0.7, True)


def test_each_version_is_compared(connection: Connection) -> None:
    two_films(connection, second=NEWER)
    imported(connection, reading())

    found = comparisons(connection, since=DAY)

    assert [(f.model, f.probability, f.reached) for f in found] == [
        (MODEL, 0.2, False),
        (NEWER, 0.7, True),
    ]


def test_the_last_word_counts_alone(connection: Connection) -> None:
    assessed_study(connection)
    later = NOON + timedelta(hours=1)
    imported(connection, reading(), reading(3, answer=Answer.ABSENT, read_at=later), now=later)

    assert only(connection).present is False


def test_a_refused_film_is_no_word_of_the_model(connection: Connection) -> None:
    lease = leased(connection, now=NOON)
    films = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(film.id) for film in films], now=NOON)
    imported(connection, reading())

    assert only(connection).model is None


def test_a_refused_film_beside_an_assessed_one_adds_no_row(connection: Connection) -> None:
    films = receipt("2.25.8"), receipt("2.25.9")
    lease = leased(connection, *films, now=NOON)
    first, second = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(first.id), said(second.id, 0.7, MODEL)], now=NOON)
    imported(connection, reading())

    assert only(connection).model == MODEL


def test_a_label_that_the_model_was_not_asked_has_no_model(connection: Connection) -> None:
    assessed_study(connection)
    imported(connection, reading(label="inflammation"))

    assert only(connection).model is None


def test_a_study_without_films_that_could_be_assessed_is_kept_in_sight(
    connection: Connection,
) -> None:
    receive(connection, receipt(), now=NOON)
    imported(connection, reading())

    assert only(connection) == Comparison(STUDY, "tumour", "A", True, None, 0.0, False)


@pytest.mark.parametrize(("since", "rows"), [(DAY, 1), (DAY + timedelta(days=1), 0)])
def test_a_word_counts_to_the_day_on_which_it_was_said(
    connection: Connection, since: date, rows: int
) -> None:
    assessed_study(connection, now=NOON - timedelta(days=90))
    imported(connection, reading())

    assert len(comparisons(connection, since=since)) == rows


def test_the_view_has_no_accession_number(connection: Connection) -> None:
    assessed_study(connection, accession="A-17")
    imported(connection, reading())

    for statement in ("SELECT * FROM report_reads", "SELECT * FROM report_agreement"):
        rows = connection.execute(text(statement)).all()
        assert len(rows) == 1
        assert "A-17" not in str(rows)


def test_only_what_differs_is_a_disagreement(connection: Connection) -> None:
    assessed_study(connection)
    imported(connection, reading(), reading(3, reader="B", answer=Answer.ABSENT))

    assert disagreeing(connection) == [(STUDY, "tumour", "B", "absent")]


def test_what_the_model_missed_is_one_too(connection: Connection) -> None:
    assessed_study(connection)
    connection.execute(update(schema.finding).values(tier=Tier.BELOW, probability=0.1))
    imported(connection, reading(), reading(3, reader="B", answer=Answer.ABSENT))

    assert disagreeing(connection) == [(STUDY, "tumour", "A", "present")]


def test_a_study_without_a_model_is_none(connection: Connection) -> None:
    receive(connection, receipt(), now=NOON)
    imported(connection, reading())

    assert disagreeing(connection) == []


def test_the_loudest_film_of_a_case_is_found_by_its_digest(connection: Connection) -> None:
    two_films(connection)

    found = loudest_films(connection, [STUDY])

    assert found == {(STUDY, "tumour", MODEL.digest[:12]): receipt("2.25.9").digest}


def test_a_film_whose_file_was_swept_is_not_found(connection: Connection) -> None:
    finished(connection, leased(connection, now=NOON), now=NOON)
    connection.execute(update(schema.instance).values(swept_at=NOON))

    assert loudest_films(connection, [STUDY]) == {}


def test_a_read_counts_to_the_day_of_the_sites_clocks(connection: Connection) -> None:
    assessed_study(connection)
    late = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    imported(connection, reading(read_at=late), now=late)

    set_rule(connection, Rule(ZoneInfo("Europe/Berlin"), timedelta(days=1)), now=late)

    day = connection.execute(text("SELECT day FROM report_reads")).scalar_one()
    assert str(day) == "2026-01-06"


def test_a_read_from_long_before_the_film_came_is_counted(connection: Connection) -> None:
    assessed_study(connection)

    imported(connection, reading(read_at=datetime(1999, 12, 31, tzinfo=UTC)))

    assert connection.execute(text("SELECT COUNT(*) FROM report_reads")).scalar_one() == 1
