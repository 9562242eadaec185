import json
from dataclasses import replace

import pytest

from tests.unit.evaluate.drawers import FILMS, found
from triage.evaluate.boxed import Found
from triage.evaluate.localisation_report import (
    localisation_markdown,
    localisation_summary,
    plain_localisation,
)


@pytest.fixture(scope="module")
def done() -> Found:
    return found()


@pytest.mark.parametrize(
    "sentence",
    [
        "# Localisation by tiny 1 (0123)",
        "not for diagnostic use",
        "7 films of 4 patients",
        "3 other films have boxes, but were not chosen.",
        "1 films were not assessed, as by the daemon, and are left out: lateral 1.",
        "no map for boxes of Cardiomegaly 7 films",
        "## NIH Mass, by tumour",
        "6 films of 3 patients with 6 boxes, which cover 25.0% of a film on average. No local",
        "1 films are left out: the labels say that Mass is absent.",
        "| map of tumour | 0.500 (",
        "| map of inflammation | 0.500 (",
        "| mean box of other patients | 1.000 (1.000 to 1.000) |",
        "| centre of the film | ",
        "| map minus mean box of other patients | -0.500 (",
        "![Films of the largest groups, from best to worst IoU, with boxes](localisation.png)",
    ],
)
def test_the_report_says(done: Found, sentence: str) -> None:
    assert sentence in localisation_markdown(done)


def test_nothing_that_is_not_so_is_said(done: Found) -> None:
    plainer = replace(done, elsewhere=0, not_assessed={}, unanswered={}, patients_known=False)

    said = localisation_markdown(plainer)

    assert "left out: lateral" not in said
    assert "Cardiomegaly" not in said
    assert "draws of films, since the labels name no patients" in said


def test_groups_that_the_sheet_leaves_out_are_named(done: Found) -> None:
    many = replace(done, located=done.located * 5)

    assert "Not drawn" not in localisation_markdown(done)
    told = localisation_markdown(many)
    assert told.endswith("\n\nNot drawn (films): NIH Mass, by tumour (6).\n")


def test_films_at_the_threshold_have_a_row_where_they_are_fewer(done: Found) -> None:
    fewer = replace(done, located=(replace(done.located[0], reached=2),))

    assert "films at the threshold" not in localisation_markdown(done)
    assert "| map, 2 films at the threshold |" in localisation_markdown(fewer)


def test_a_terminal_shows_the_map_beside_the_mean_box(done: Found) -> None:
    first, _, row = localisation_summary(done).splitlines()

    assert first == "tiny 1 (0123): 7 films with boxes, of 4 patients"
    assert row.startswith("NIH Mass, by tumour  6      0.500 (")


def test_plain_values_are_those_of_the_table(done: Found) -> None:
    (result,) = json.loads(json.dumps(plain_localisation(done)))["results"]

    assert (result["films"], result["boxes"], result["wrong_class"]) == (6, 6, "inflammation")
    assert result["estimates"]["map"]["pointing"]["value"] == 0.5
    assert result["map_minus"]["mean box"]["iou"]["value"] == -0.5
    assert result["at_the_threshold"]["films"] == 6


def test_no_film_is_named(done: Found) -> None:
    written = localisation_markdown(done) + json.dumps(plain_localisation(done))

    assert not [film for film in FILMS if film in written]
