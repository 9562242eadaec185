from dataclasses import replace

import pytest

from tests.unit.evaluate.reports import SAMPLE, everything
from triage.evaluate.measures import Estimate
from triage.evaluate.report import markdown, said, summary

FOUND = everything()
TEXT = markdown(SAMPLE, FOUND)


@pytest.mark.parametrize(
    "heading",
    [
        "# Evaluation of p.csv",
        "## Ranking",
        "## At the thresholds",
        "## Calibration",
        "## Against q.csv",
        "## PA against AP",
        "## Agreement",
        "## By make",
        "## By sex",
        "## By view",
    ],
)
def test_the_report_has_its_sections(heading: str) -> None:
    assert heading in TEXT.splitlines()


def test_it_says_that_it_is_research_and_how_intervals_were_made() -> None:
    assert "**Research software, not for diagnostic use.**" in TEXT
    assert "95 % intervals, from 100 draws of patients, with replacement (seed 0)" in TEXT


def test_each_figure_stands_beside_its_films_and_their_prevalence() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| tumour | PA |")]

    assert [row.split(" | ")[2:4] for row in rows] == [["48 / 144", "33.3%"]]


def test_a_chosen_threshold_is_said_to_flatter() -> None:
    assert "- given: tumour" in TEXT
    assert "- chosen on these films at specificity 0.80: inflammation" in TEXT
    assert "A threshold that was chosen on the films that it is judged on flatters." in TEXT


def test_an_undefined_figure_says_why() -> None:
    assert "no film with the finding" in TEXT


def test_a_kappa_that_nothing_could_change_has_no_interval_and_says_why() -> None:
    (row,) = (line for line in TEXT.splitlines() if line.startswith("| tumour | model and A |"))

    why = "one of the two always gave the same answer, and that makes it 0"
    assert row.split(" | ")[4:] == [f"0.000 ({why})", "undefined", f"undefined: {why} |"]


def test_words_of_a_file_end_no_cell_and_start_no_tag() -> None:
    assert "a\\|b" in TEXT
    assert "&lt;img>" in TEXT
    assert "<img>" not in TEXT


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    lines = TEXT.replace("\\|", "/").splitlines()
    blocks = "\n".join(line if line.startswith("|") else "" for line in lines).split("\n\n")

    widths = [{line.count("|") for line in block.split("\n") if line} for block in blocks]

    assert {len(found) for found in widths if found} == {1}


def test_films_that_were_left_out_are_counted() -> None:
    sample = replace(SAMPLE, unpredicted=7, not_assessed={"lateral": 2, "blank": 1})

    text = markdown(sample, FOUND)

    assert "7 labelled films have no prediction and are left out." in text
    assert (
        "3 films were not assessed, as by the daemon, and are left out: blank 1, lateral 2." in text
    )


def test_unknown_patients_are_a_warning() -> None:
    text = markdown(replace(SAMPLE, patients_known=False), FOUND)

    assert "draws of films, since the labels name no patients" in text
    assert "the intervals are too narrow" in text


def test_few_positive_films_are_a_warning() -> None:
    assert "Fewer than 20 positive films: Lung Opacity, by inflammation." in TEXT


def test_the_terminal_shows_the_same_figures() -> None:
    lines = summary(SAMPLE, FOUND).splitlines()

    assert lines[0] == "p.csv: 240 films of 120 patients"
    assert said(FOUND.results[0].estimates["auroc"]) in lines[2]


def test_the_terminal_says_which_thresholds_flatter() -> None:
    told = summary(SAMPLE, FOUND).splitlines()[-1]

    assert told == (
        "Thresholds of inflammation: chosen on these films at specificity 0.80, so that sensitivity"
        " and specificity flatter."
    )


def test_where_all_thresholds_flatter_none_is_named_and_where_none_does_none_is() -> None:
    given, chosen, *_ = FOUND.results

    told = [summary(SAMPLE, replace(FOUND, results=(one,))) for one in (given, chosen)]
    assert "\nAll thresholds: chosen on these films" in told[1]
    assert "flatter" not in told[0]


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.81239, (0.7, 0.9)), "0.812 (0.700 to 0.900)"),
        (Estimate(0.5, None, "undefined in 9 of 100 draws"), "0.500 (undefined in 9 of 100 draws)"),
        (Estimate(None, None, "no film"), "no film"),
        (None, "no threshold"),
    ],
)
def test_a_figure_is_said_with_its_interval(estimate: Estimate | None, text: str) -> None:
    assert said(estimate) == text
