import json
from dataclasses import replace

import pytest

from tests.unit.evaluate.recalibrations import recalibration
from triage.domain.assessment import Model
from triage.domain.scaling import Scaling
from triage.evaluate.calibration_report import (
    Films,
    calibration_lines,
    calibration_section,
    plain_calibration,
)
from triage.evaluate.platt import Method

FILMS = Films(
    base=Model("tiny", "1", "a" * 64),
    made=Model("tiny", "2", "b" * 64),
    weights="c" * 64,
    labels=("l.csv",),
    films=200,
    patients=100,
    patients_known=True,
    trained_on=0,
    not_assessed={},
    kept={},
    draws=100,
    seed=0,
)


def lines(films: Films = FILMS, *, urgent: bool = False) -> list[str]:
    return calibration_lines(films, [recalibration(Method.PLATT, urgent=urgent)])


def test_thresholds_stand_between_both_digests_and_that_of_the_weights() -> None:
    told = lines()

    assert told[0] == "tiny 1 (aaaaaaaaaaaa): 200 films of 100 patients"
    assert told[-1] == "tiny 2 (bbbbbbbbbbbb): thresholds of the weights cccccccccccc"


def test_every_threshold_has_its_line_with_wish_and_intervals() -> None:
    told = [line for line in lines(urgent=True) if line.startswith("tumour, ")]

    assert [line.split("  ")[0] for line in told] == [
        "tumour, specificity 0.8",
        "tumour, urgent, specificity 0.95",
    ] * 2
    assert all(line.count(" to ") == 3 for line in told)


def test_errors_before_and_after_stand_in_one_line() -> None:
    (told,) = (line for line in lines() if line.startswith("tumour  "))

    assert told.count(" to ") == 4


@pytest.mark.parametrize(
    ("old", "word"), [(None, "  none  "), (Scaling(0.5, -1.0), "  as before 0.5, -1  ")]
)
def test_no_new_scaling_is_said_so(old: Scaling | None, word: str) -> None:
    told = calibration_lines(FILMS, [recalibration(Method.NONE, old=old)])

    assert any(word in line for line in told)


def test_films_that_are_missing_are_counted_and_unknown_patients_warned_of() -> None:
    odd = replace(FILMS, patients_known=False, trained_on=7, not_assessed={"lateral": 2, "size": 1})

    told = lines(odd)[1:4]

    assert told[:2] == [
        "7 films of the split train were left out.",
        "3 films were not assessed: lateral 2, size 1.",
    ]
    assert told[2].startswith("The labels name no patients: films count as independent")


def test_the_plain_values_are_json_with_everything_in_it() -> None:
    found = recalibration(Method.PLATT, urgent=True)

    told = json.loads(json.dumps(plain_calibration(FILMS, [found])))

    (label,) = told["calibrated"]
    assert told["weights"] == "c" * 64
    assert (label["films"], label["patients"], label["method"]) == (200, 100, "platt")
    assert [cut["threshold"] for cut in label["thresholds"]] == [c.threshold for c in found.cuts]
    assert label["thresholds"][0]["seen"]["specificity"]["interval"]
    assert label["thresholds"][0]["unseen"]["specificity"]["interval"]
    assert label["thresholds"][0]["unseen"]["flag_rate"]["interval"]
    assert label["after"]["brier"]["value"] < label["before"]["brier"]["value"]


def test_the_card_for_people_says_what_was_calibrated_on_what() -> None:
    found = recalibration(Method.PLATT)

    told = calibration_section(replace(FILMS, trained_on=7), [found])

    assert told.startswith("## Calibrated: version 2\n")
    assert "200 films of 100 patients, with labels from l.csv" in told
    assert "tiny 1 (aaaaaaaaaaaa); the weights are its own (SHA-256 `" + "c" * 64 in told
    assert "7 films of the split train were left out." in told
    assert told.count("| tumour, specificity 0.8 |") == 2
    assert f"| {found.cuts[0].threshold:.4f} |" in told


def test_a_label_that_stays_as_it_was_is_named_everywhere() -> None:
    films = replace(FILMS, kept={"Hernia": "platt scaling of Hernia: slope -2: above 0"})
    found = [recalibration(Method.PLATT)]
    sentence = "Hernia stays as it was. platt scaling of Hernia: slope -2: above 0."

    assert sentence in calibration_lines(films, found)
    assert sentence in calibration_section(films, found)
    assert plain_calibration(films, found)["kept"] == films.kept
