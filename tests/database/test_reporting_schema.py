"""What the tables of the reports refuse."""

import pytest
from sqlalchemy import Connection, insert

from triage.database import reporting_schema as reporting
from triage.database.engine import DatabaseError


def test_there_is_one_rule_alone(connection: Connection) -> None:
    second = {"id": 2, "time_zone": "UTC", "maximum_wait_s": 1.0}

    with pytest.raises(DatabaseError, match="ck_reporting_rule_only"):
        connection.execute(insert(reporting.reporting_rule).values(second))


def test_a_piece_of_a_day_is_written_once(connection: Connection) -> None:
    table = reporting.calendar_day
    first = connection.execute(table.select().limit(1)).one()

    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        connection.execute(insert(table).values(**first._asdict()))
