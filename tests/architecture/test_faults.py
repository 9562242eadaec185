"""The table of faults names tests that exist, a proof and a negative control for each row."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "faults.md"
OF_OURS = set(range(1, 54)) - {12}
NAMED = re.compile(r"`(\w+/test_\w+\.py|unit/[\w/]+\.py)::(test_\w+)`")


def rows() -> dict[int, list[str]]:
    """Return the columns of each numbered row."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {int(row[0]): row[1:] for row in cells if row[0].isdigit()}


def is_a_test(file: str, name: str) -> bool:
    """Tell whether a test file has such a test."""
    path = ROOT / "tests" / file
    return path.is_file() and f"def {name}(" in path.read_text(encoding="utf-8")


def test_every_fault_that_the_daemon_must_survive_so_far_is_in_the_table() -> None:
    assert set(rows()) >= OF_OURS


@pytest.mark.parametrize("number", sorted(rows()))
def test_a_row_names_a_proof_and_a_control_that_exist(number: int) -> None:
    *_, proof, control = rows()[number]

    named = [NAMED.findall(cell) for cell in (proof, control)]

    assert all(named), "a proof and a negative control"
    assert [pair for tests in named for pair in tests if not is_a_test(*pair)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert is_a_test("architecture/test_faults.py", "test_a_test_that_is_not_there_is_noticed")
    assert not is_a_test("architecture/test_faults.py", "test_that_nobody_wrote")
