import pytest

from triage.train.anatomy import anatomy_of


def test_sex_view_and_age_become_targets() -> None:
    assert anatomy_of({"sex": "M", "view": "AP", "age": "47"}) == (0.0, 1.0, 0.47)


@pytest.mark.parametrize("row", [{}, {"sex": "", "view": "LL", "age": ""}, {"age": "18-40y"}])
def test_what_a_row_does_not_say_is_unknown(row: dict[str, str]) -> None:
    assert anatomy_of(row) == (None, None, None)


def test_an_age_beyond_a_hundred_is_a_hundred() -> None:
    assert anatomy_of({"age": "412"})[2] == 1.0
