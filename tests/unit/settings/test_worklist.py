"""The section of the nightly worklist."""

from datetime import time

import pytest

from triage.domain.errors import ConfigurationError
from triage.domain.study import Peer
from triage.settings import Settings, Worklist, load_settings, to_json


def chosen(**keys: str) -> Worklist:
    names = {f"TRIAGE_WORKLIST__{key.upper()}": value for key, value in keys.items()}
    return load_settings(None, environment=names).worklist


def test_it_does_not_run_by_itself_unless_it_is_told_to() -> None:
    assert chosen().cron == ""


def test_window_and_time_zone_belong_together() -> None:
    hours = chosen(window="22:30-05:00", time_zone="Europe/Berlin").hours

    assert (hours.start, hours.end) == (time(22, 30), time(5))
    assert str(hours.zone) == "Europe/Berlin"


def test_peers_are_given_as_json_in_the_environment() -> None:
    found = chosen(mwl='{"ae_title": "RIS", "host": "10.1.2.14", "port": 104}').mwl

    assert found is not None
    assert found.peer == Peer("RIS", "10.1.2.14", 104)


@pytest.mark.parametrize("cron", ["30 22 * * *", "0 1,3 * * mon-fri", ""])
def test_a_cron_expression_has_five_fields(cron: str) -> None:
    assert chosen(cron=cron).cron == cron


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("cron", "30 22 * *", "worklist.cron: '30 22 \\* \\*' has 4 fields"),
        ("cron", "30 22 * * 1-5", "weekday 1-5: by name, such as mon-fri"),
        ("window", "22:00", "no window such as 20:00-06:00"),
        ("window", "22:00-25:00", "no window such as 20:00-06:00"),
        ("time_zone", "Atlantis", "no time zone such as Europe/Berlin"),
        ("time_zone", "../etc/passwd", "no time zone such as Europe/Berlin"),
        ("method", "push", "worklist.method"),
        ("parallel", "0", "worklist.parallel"),
        ("studies_per_minute", "0", "worklist.studies_per_minute"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(key: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        chosen(**{key: value})


@pytest.mark.parametrize(
    ("keys", "zone"),
    [
        ({}, "UTC"),
        ({"REPORTS": "Europe/Berlin"}, "Europe/Berlin"),
        ({"REPORTS": "Europe/Berlin", "WORKLIST": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"WORKLIST": "Asia/Tokyo"}, "Asia/Tokyo"),
    ],
)
def test_its_time_zone_is_that_of_the_reports_unless_it_has_its_own(
    keys: dict[str, str], zone: str
) -> None:
    named = {f"TRIAGE_{section}__TIME_ZONE": value for section, value in keys.items()}

    found = load_settings(None, environment=named)

    assert str(found.worklist.zone) == str(found.worklist.hours.zone) == zone


def test_the_children_are_told_the_same_time_zone() -> None:
    found = load_settings(None, environment={"TRIAGE_REPORTS__TIME_ZONE": "Asia/Tokyo"})

    again = Settings.model_validate_json(to_json(found))

    assert again.worklist == found.worklist


def test_an_unknown_time_zone_of_the_reports_is_told_alone() -> None:
    with pytest.raises(ConfigurationError) as told:
        load_settings(None, environment={"TRIAGE_REPORTS__TIME_ZONE": "Atlantis"})

    assert str(told.value).count("Atlantis") == 1
