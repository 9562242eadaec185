import pytest

from triage.evaluate.age import age_band


@pytest.mark.parametrize(
    ("years", "band"),
    [(0, "0-17"), (17, "0-17"), (18, "18-39"), (59, "40-59"), (79, "60-79"), (95, "80 and older")],
)
def test_bands_meet_without_a_gap(years: float, band: str) -> None:
    assert age_band(years) == band


def test_an_unknown_age_is_in_no_band() -> None:
    assert age_band(float("nan")) == ""
