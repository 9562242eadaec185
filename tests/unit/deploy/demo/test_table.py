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


def test_of_many_labels_those_that_flag_are_shown_or_else_the_most_probable() -> None:
    many = {"tumour": 0.61, "Hernia": 0.01, "Mass": 0.7}
    flagged = Outcome(FILM, "ASSESSED", "", "", many, ("tumour",), (), "", 3.1)
    other = Outcome(FILM, "ASSESSED", "", "", many, (), (), "", 3.1)

    assert "tumour 0.61 tumour" in lines_of(flagged)
    assert "Mass 0.70 -" in lines_of(other)
    assert "Hernia" not in lines_of(flagged) + lines_of(other)
