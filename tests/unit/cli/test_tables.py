import csv
import io
import json

from triage.cli.tables import as_csv, as_json, as_table
from triage.database.statistics import Table

TABLE = Table(("name", "films", "share"), [("=1+1", 12, 0.5), ("A\x1b[2J", 3, None)])


def test_numbers_stand_to_the_right_and_text_to_the_left() -> None:
    assert as_table(TABLE) == (
        "name   films  share\n"
        "=1+1      12    0.5\n"
        "A?[2J      3      -\n"  # what moves a cursor is a question mark
    )


def test_a_table_without_rows_has_its_columns_and_says_so() -> None:
    nothing = Table(("name", "films"), [])

    assert as_table(nothing) == "name  films\nno rows\n"
    assert as_csv(nothing) == "name,films\n"
    assert "no rows" not in as_table(TABLE)


def test_a_formula_is_text_to_a_spreadsheet() -> None:
    first, second = csv.DictReader(io.StringIO(as_csv(TABLE)))

    assert (first["name"], first["films"], second["share"]) == ("'=1+1", "12", "")


def test_json_keeps_numbers_and_nothing() -> None:
    first, second = json.loads(as_json(TABLE))

    assert (first["films"], second["share"]) == (12, None)
