import pytest

from tests.unit.decode.headers import header
from triage.decode.age import age_years


@pytest.mark.parametrize(
    ("stated", "years"),
    [
        ("050Y", 50),
        ("8Y", 8),
        ("018M", 1),
        ("030W", 0),
        ("400D", 1),
        ("120Y", 120),
        ("121Y", None),
        ("999Y", None),
        ("81", None),
        ("Y", None),
        ("", None),
    ],
)
def test_an_age_counts_with_its_unit_up_to_120_years(stated: str, years: int | None) -> None:
    assert age_years(header(PatientAge=stated)) == years


@pytest.mark.parametrize(
    ("birth", "study", "years"),
    [
        ("20080116", "20260115", 17),
        ("20080115", "20260115", 18),
        ("1950.01.15", "20260115", 76),
        ("18000101", "20260115", None),
        ("20270101", "20260115", None),
        ("", "20260115", None),
        ("19700101", "", None),
        ("19700199", "20260115", None),
    ],
)
def test_without_an_age_the_birth_date_and_the_study_date_tell(
    birth: str, study: str, years: int | None
) -> None:
    film = header(PatientAge=None, PatientBirthDate=birth, StudyDate=study)

    assert age_years(film) == years


def test_the_stated_age_goes_before_the_birth_date() -> None:
    film = header(PatientAge="007Y", PatientBirthDate="19500101", StudyDate="20260115")

    assert age_years(film) == 7


def test_a_placeholder_for_the_age_gives_way_to_the_birth_date() -> None:
    dataset = header(PatientAge="999Y", PatientBirthDate="20200101", StudyDate="20250101")

    assert age_years(dataset) == 5
