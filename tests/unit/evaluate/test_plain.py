import json
from typing import cast

from tests.unit.evaluate.reports import SAMPLE, everything
from triage.evaluate.measures import MEASURES
from triage.evaluate.plain import Plain, plain

FOUND = plain(SAMPLE, everything())


def rows(section: str) -> list[Plain]:
    return cast("list[Plain]", FOUND[section])


def test_json_holds_it_without_a_number_that_is_none() -> None:
    assert json.loads(json.dumps(FOUND, allow_nan=False))["sample"]["films"] == 240


def test_each_result_names_label_films_and_every_measure() -> None:
    first = rows("results")[0]

    assert (first["label"], first["score"]) == ("tumour", "tumour")
    assert (first["films"], first["positives"], first["patients"]) == (240, 80, 120)
    assert tuple(cast("Plain", first["measures"])) == MEASURES


def test_an_undefined_measure_says_why() -> None:
    part = next(r for r in rows("groups") if r["group"] == "<img>" and r["score"] == "tumour")

    measures = cast("dict[str, Plain]", part["measures"])
    assert measures["auroc"] == {
        "value": None,
        "interval": None,
        "undefined": "no film with the finding",
    }


def test_agreement_has_table_kappa_and_both_intervals() -> None:
    pair = rows("agreement")[0]

    assert set(pair) >= {"table", "kappa", "interval", "p_value", "interval_by_patients"}
    constant = rows("agreement")[1]
    assert (constant["kappa"], constant["interval"], constant["interval_by_patients"]) == (
        0.0,
        None,
        None,
    )
    assert (
        constant["undefined"] == "one of the two always gave the same answer, and that makes it 0"
    )


def test_gaps_and_rivals_are_there() -> None:
    assert len(rows("pa_against_ap")) == 3
    assert [each["label"] for each in rows("against")] == ["tumour"]
