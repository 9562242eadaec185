import numpy as np
import pytest

from triage.evaluate.age import age_band, years_of


@pytest.mark.parametrize(
    ("text", "years"),
    [("61", 61), ("061Y", 61), ("1-5y", 5), ("011M", 0), ("003D", 0), ("12 W", 0)],
)
def test_an_age_is_read_however_it_is_written(text: str, years: float) -> None:
    assert years_of(text) == years


@pytest.mark.parametrize("text", ["", "unknown"])
def test_an_age_that_is_not_given_is_no_number(text: str) -> None:
    assert np.isnan(years_of(text))


@pytest.mark.parametrize(
    ("years", "band"),
    [(0, "0-17"), (17, "0-17"), (18, "18-39"), (59, "40-59"), (79, "60-79"), (95, "80 and older")],
)
def test_bands_meet_without_a_gap(years: float, band: str) -> None:
    assert age_band(years) == band


def test_an_unknown_age_is_in_no_band() -> None:
    assert age_band(float("nan")) == ""
