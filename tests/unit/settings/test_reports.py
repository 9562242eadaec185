import pytest

from triage.domain.errors import ConfigurationError
from triage.settings import load_settings
from triage.settings.reports import Reports


def reports(**given: str) -> Reports:
    environment = {f"TRIAGE_REPORTS__{key.upper()}": value for key, value in given.items()}
    return load_settings(None, environment=environment).reports


def test_days_are_those_of_utc_unless_a_zone_is_set() -> None:
    assert reports().time_zone == "UTC"
    assert reports(time_zone="Asia/Kathmandu").time_zone == "Asia/Kathmandu"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd"])
def test_what_is_no_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"reports\.time_zone: '.*' is no time zone"):
        reports(time_zone=name)


@pytest.mark.parametrize("hours", ["0", "-1", "745", "nan", "long"])
def test_a_wait_that_cannot_be_is_refused(hours: str) -> None:
    with pytest.raises(ConfigurationError, match=r"reports\.maximum_wait_h"):
        reports(maximum_wait_h=hours)
