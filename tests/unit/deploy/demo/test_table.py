"""The table of the demonstration."""

from pathlib import Path

from rich.console import Console

from deploy.demo.films import SentFilm
from deploy.demo.outcome import Outcome
from deploy.demo.table import table_of

FILM = SentFilm(Path("film.dcm"), "film", "1.2.3.1234567890", "1.2.3")


def lines_of(outcome: Outcome) -> str:
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table_of([outcome]))
    return " ".join(capture.get().split())


def test_a_flagged_film_shows_probabilities_and_its_return() -> None:
    outcome = Outcome(FILM, "ASSESSED", "", "", {"tumour": 0.61}, ("tumour",), ("2.25.1",), "", 3.1)

    assert "…34567890 film assessed tumour 0.61 tumour yes 3.1" in lines_of(outcome)


def test_a_refused_film_shows_why() -> None:
    outcome = Outcome(FILM, "NOT_ASSESSED", "lateral", "Not frontal.", {}, (), (), "", None)

    assert "film lateral: Not frontal. - -" in lines_of(outcome)


def test_a_flagged_film_that_is_kept_back_shows_why() -> None:
    reason = "parked, identity: no Patient ID"
    outcome = Outcome(FILM, "ASSESSED", "", "", {"tumour": 0.61}, ("tumour",), (), reason, 3.1)

    assert reason in lines_of(outcome)
