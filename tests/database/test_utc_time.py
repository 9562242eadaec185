"""Times on both engines."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import Clock
from tests.builders.studies import receipt, receive
from triage.database import schema


def test_a_time_of_another_zone_comes_back_in_utc(connection: Connection) -> None:
    eastern = datetime(2026, 1, 5, 7, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    receive(connection, receipt(), now=eastern)

    received = connection.scalar(select(schema.instance.c.received_at))

    assert received == eastern
    assert received is not None
    assert received.tzinfo is UTC


def test_an_absent_time_stays_absent(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    assert connection.scalar(select(schema.instance.c.swept_at)) is None


def test_a_time_without_a_zone_is_refused(connection: Connection) -> None:
    naive = datetime(2026, 1, 5, 7, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="has no zone: UTC times only"):
        receive(connection, receipt(), now=naive)
