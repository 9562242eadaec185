import pytest

from triage.cli.cells import defused, shown


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_compute_is_defused(first: str) -> None:
    assert defused(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_table_of_cells_as_they_came_would_be_noticed(first: str) -> None:
    as_it_came = f"{first}1+1"

    assert defused(as_it_came) != as_it_came


@pytest.mark.parametrize("value", [-1, -0.5, "ACME", "", None])
def test_any_other_cell_is_left_alone(value: str | float | None) -> None:
    assert defused(value) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (3, "3"), (0.00012345, "0.0001234"), ("A\x1b[2J\nB", "A?[2J?B"), ("王", "王")],
)
def test_a_value_is_one_printable_line(value: str | float | None, text: str) -> None:
    assert shown(value) == text
