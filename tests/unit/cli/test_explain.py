from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import (
    CAPTURE,
    FILM,
    PACS,
    STUDY,
    TTL,
    assessment,
    finished,
    leased,
    parcel,
    posted,
    receipt,
    refused,
)
from triage.database import outbox, results
from triage.domain.study import FilmState


def test_explain_tells_scores_deliveries_and_moves(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    shown = command.text("explain", STUDY)

    assert f"{FILM}: CR, 1024 bytes from CR1@10.0.0.1: ASSESSED" in shown
    assert "tumour               0.900  threshold 0.500  flagged" in shown
    assert f"delivery {CAPTURE} to {PACS}: WAITING after 0 attempts" in shown
    assert "2026-01-05 12:00:00.000  study 1: NEW -> RECEIVING" in shown


def test_explain_tells_why_a_film_was_refused(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        lease = leased(connection, now=clock.now)
        film = results.waiting_films(connection, lease)[0]
        results.finish(connection, lease, [refused(film.id)], now=clock.now)

    shown = command.text("explain", STUDY)

    assert "  lateral: a lateral film\n" in shown
    assert (
        "  not assessed: that says nothing about the film, and never that it is normal\n" in shown
    )


def test_explain_tells_what_was_noted_of_an_assessed_film(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        lease = leased(connection, now=clock.now)
        film = results.waiting_films(connection, lease)[0]
        said = results.Outcome(
            film.id, FilmState.ASSESSED, assessment=assessment(), view="PA", notes=("age unknown",)
        )
        results.finish(connection, lease, [said], now=clock.now)

    assert "  view PA (age unknown); " in command.text("explain", STUDY)


def test_explain_names_what_is_to_be_removed_and_what_replaced_it(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)
        sent = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
        assert sent is not None
        outbox.mark_sent(connection, sent, now=clock.now, courier="courier-1", answer="0x0000")
        lease = leased(connection, receipt(study="2.25.200", contents="new"), now=clock.now)
        finished(connection, lease, parcel("2.25.300"), now=clock.now)

    assert (
        f"to be removed from {PACS} (sent): {CAPTURE} of study {STUDY}, "
        "replaced by 2.25.300 (WAITING) in study 2.25.200\n"
    ) in command.text("explain", STUDY)


def test_an_unknown_study_is_bad_data(command: Command) -> None:
    assert command.code("explain", "2.25.404") == 65
    assert command.captured.readouterr().err == "triage: no study 2.25.404 is here\n"
