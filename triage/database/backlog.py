"""How many studies wait for this house, so that the listener can say "not now" in time."""

from sqlalchemy import Connection

from triage.database.statement import look

UNFINISHED = """
SELECT count(*) FROM (
SELECT 1 FROM study WHERE state IN ('RECEIVING', 'QUEUED', 'ASSESSING') LIMIT ?
) AS unfinished
"""


def waiting_studies(connection: Connection, *, most: int) -> int:
    """Count the studies that are not assessed yet, up to ``most``.

    It waits for no writer, as long as the caller has begun no transaction.
    """
    return int(look(connection, UNFINISHED, [most])[0][0])
