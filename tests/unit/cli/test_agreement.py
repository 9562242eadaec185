"""``triage report agreement`` and ``disagreements`` on both engines, in every format."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.reads import assessed_study, imported, reading
from tests.builders.studies import digest_of
from triage.cli.agreement import COLUMNS, SPOKEN, plain, spoken
from triage.domain.assessment import Model
from triage.domain.reading import Answer
from triage.evaluate.agreement import agreement
from triage.evaluate.concordance import Figures
from triage.evaluate.measures import Estimate

SINCE = ("--since", "2026-01-01")
BUNDLE = digest_of("bundle")[:12]
FIGURES = Figures(
    label="tumour",
    reader="A",
    beside=None,
    model=Model("small", "1.0", digest_of("bundle")),
    reads=41,
    table=((20, 5), (3, 12)),
    agreement=agreement([[20, 5], [3, 12]]),
    sensitivity=Estimate(0.8, (0.548, 0.93)),
    specificity=Estimate(0.8, (0.609, 0.911)),
    auroc=Estimate(None, None, "AUROC: too few"),
)
PAIR = Figures("tumour", "A", "B", None, 41, ((0, 0), (0, 0)), agreement([[0, 0], [0, 0]]))
HOSTILE = ("=1+1", "'; DROP TABLE reads; --", "<script>alert(1)</script>")


@pytest.fixture
def read(database: Engine) -> Engine:
    """A study that the model flags; reader A agrees, B does not, and hostile ones neither."""
    with database.begin() as connection:
        assessed_study(connection, accession="CANARYACC")
        absent = [
            reading(number, reader=name, answer=Answer.ABSENT)
            for number, name in enumerate(("B", *HOSTILE), 3)
        ]
        imported(connection, reading(), *absent)
    return database


def row(figures: Figures) -> dict[str, object]:
    table = plain([figures])
    return dict(zip(table.columns, table.rows[0], strict=True))


def words(figures: Figures) -> dict[str, object]:
    table = spoken([figures])
    return dict(zip(table.columns, table.rows[0], strict=True))


def test_programs_get_every_number_in_a_column_of_its_own() -> None:
    found = row(FIGURES)

    assert (found["beside"], found["name"], found["version"]) == ("model", "small", "1.0")
    assert [found[name] for name in ("neither", "second_only", "first_only", "both")] == [
        *(20, 5, 3, 12)
    ]
    assert (found["reads"], found["studies"]) == (41, 40)
    assert (found["sensitivity"], found["sensitivity_low"], found["sensitivity_high"]) == (
        *(0.8, 0.548, 0.93),
    )
    assert found["kappa"] == FIGURES.agreement.kappa
    assert (found["auroc"], found["undefined"]) == (None, "AUROC: too few")


def test_people_get_the_interval_beside_the_value() -> None:
    found = words(FIGURES)

    assert (found["beside"], found["bundle"]) == ("model small 1.0", BUNDLE)
    assert found["counts"] == "20/5/3/12"
    assert found["kappa"] == "0.58 (0.33 to 0.84)"
    assert found["sensitivity"] == "0.80 (0.55 to 0.93)"
    assert found["AUROC"] is None


def test_an_empty_table_says_so_to_both() -> None:
    assert (
        row(PAIR)["undefined"] == words(PAIR)["undefined"] == "kappa: nothing was answered by both"
    )
    assert (row(PAIR)["beside"], row(PAIR)["name"]) == ("reader", "B")
    assert [words(PAIR)[name] for name in ("beside", "bundle", "kappa")] == ["reader B", None, None]


def test_a_table_has_the_figures_and_the_disagreements_below(
    command: Command, read: Engine
) -> None:
    assert read
    figures, below = command.text("report", "agreement", *SINCE).split("\n\n")

    assert figures.split("\n")[0].split()[:3] == ["label", "reader", "beside"]
    assert "model small 1.0 " in figures
    assert f"  {BUNDLE}  " in figures
    assert "kappa: one of the two always gave the same answer" in figures
    assert below.startswith("Studies of which the model and a radiologist say different things.")
    assert len(below.splitlines()) == 2 + 1 + len(HOSTILE)


def test_csv_has_the_figures_alone_and_formulas_are_text(command: Command, read: Engine) -> None:
    assert read
    shown = command.text("report", "agreement", *SINCE, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(shown)))
    assert tuple(rows[0]) == COLUMNS
    assert {"A", "B", "'=1+1"} <= {found["reader"] for found in rows}


def test_csv_of_the_disagreements_has_them(command: Command, read: Engine) -> None:
    assert read
    shown = command.text("report", "disagreements", *SINCE, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(shown)))
    assert "'=1+1" in {found["reader"] for found in rows}
    assert {found["bundle"] for found in rows} == {BUNDLE}


def test_json_has_both_by_their_names(command: Command, read: Engine) -> None:
    assert read
    told = json.loads(command.text("report", "agreement", *SINCE, "--format", "json"))

    assert list(told) == ["agreement", "disagreements"]
    first = told["agreement"][0]
    assert tuple(first) == COLUMNS
    assert (first["studies"], first["kappa"], first["specificity"]) == (1, 0.0, 0.0)


@pytest.mark.parametrize("name", ["agreement", "disagreements"])
def test_html_in_a_readers_name_is_text(command: Command, read: Engine, name: str) -> None:
    assert read
    shown = command.text("report", name, *SINCE, "--format", "html")

    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "DROP TABLE reads" in shown


def test_no_format_names_a_patient(command: Command, read: Engine) -> None:
    assert read
    for form in ("table", "csv", "json", "html"):
        assert "CANARY" not in command.text("report", "agreement", *SINCE, "--format", form)


def test_the_page_says_how_to_read_it(command: Command, read: Engine) -> None:
    assert read
    shown = command.text("report", "agreement", *SINCE, "--format", "html")

    assert "Labels that were mined from reports never stand for a reader." in shown
    assert "only the one beside the reader does" in shown
    assert all(f">{name}</th>" in shown for name in SPOKEN)


def test_reads_before_the_first_day_are_left_out(command: Command, read: Engine) -> None:
    assert read
    since = f"{NOON + timedelta(days=1):%Y-%m-%d}"

    told = json.loads(command.text("report", "agreement", "--since", since, "--format", "json"))

    assert told == {"agreement": [], "disagreements": []}
