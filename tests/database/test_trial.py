"""A request for commitment to a test object, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from tests.builders.clock import Clock
from triage.database.proof import UnknownTransaction, record_report
from triage.database.trial import forget_trial, note_trial, trial_was_reported
from triage.domain.commitment import StorageReport

REPORT = StorageReport("2.25.7", committed=("2.25.1",), failed={})


def note(connection: Connection, clock: Clock) -> None:
    note_trial(
        connection,
        "2.25.7",
        destination="PACS@127.0.0.1:104",
        ae_title="PACS",
        now=clock.now,
        expires_at=clock.now + timedelta(minutes=10),
    )


def test_a_report_of_it_is_taken_and_seen(connection: Connection, clock: Clock) -> None:
    note(connection, clock)
    before = trial_was_reported(connection, "2.25.7")

    record_report(connection, REPORT, ae_title="PACS", now=clock.now)

    assert (before, trial_was_reported(connection, "2.25.7")) == (False, True)


def test_one_that_is_forgotten_is_taken_no_more(connection: Connection, clock: Clock) -> None:
    note(connection, clock)
    forget_trial(connection, "2.25.7")

    with pytest.raises(UnknownTransaction):
        record_report(connection, REPORT, ae_title="PACS", now=clock.now)
    assert not trial_was_reported(connection, "2.25.7")
