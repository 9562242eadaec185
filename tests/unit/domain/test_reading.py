from datetime import UTC, datetime

import pytest

from triage.domain.hidden import Hidden
from triage.domain.reading import Answer, Reading

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_reading_that_names_no_study_is_none() -> None:
    with pytest.raises(ValueError, match="line 7 names no study"):
        Reading(7, None, None, "tumour", Answer.PRESENT, "A", NOON)


def test_a_time_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="line 7: the time has no zone"):
        Reading(7, "2.25.1", None, "tumour", Answer.PRESENT, "A", NOON.replace(tzinfo=None))


def test_a_reading_does_not_print_its_accession_number() -> None:
    reading = Reading(7, None, Hidden("A-17"), "tumour", Answer.PRESENT, "A", NOON)

    assert "A-17" not in repr(reading)
