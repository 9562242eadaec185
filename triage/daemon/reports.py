"""Reports of storage commitment, from the listener or from the courier's own association."""

import structlog

from triage.database.engine import DatabaseError, Engine, NoConnectionFree, database_time
from triage.database.moves import MoveRefused
from triage.database.proof import UnknownTransaction, record_report
from triage.receive.report import (
    INVALID_ARGUMENT,
    PROCESSING_FAILURE,
    RefusedReport,
    read_report,
)

SUCCESS = 0x0000

logger = structlog.get_logger(__name__)


class Reports:
    """Writes reports into the database, and says what to answer.

    Args:
        engine: where the requests are.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(
        self, encoded: bytes, *, transfer_syntax_uid: str, event_type: int, ae_title: str
    ) -> int:
        """Take the event information of an N-EVENT-REPORT-RQ; return the status to answer.

        0x0000 is returned only for what is written down. A peer that reports what nobody asked
        it for gets 0x0115.
        """
        try:
            report = read_report(
                encoded, transfer_syntax_uid=transfer_syntax_uid, event_type=event_type
            )
            with self._engine.begin() as connection:
                now = database_time(connection)
                record_report(connection, report, ae_title=ae_title, now=now)
        except RefusedReport as error:
            return _refused(error.status, ae_title, str(error))
        except UnknownTransaction as error:
            return _refused(INVALID_ARGUMENT, ae_title, str(error))
        except (DatabaseError, NoConnectionFree, MoveRefused) as error:
            return _refused(PROCESSING_FAILURE, ae_title, f"database: {type(error).__name__}")
        denied = len(report.failed)
        logger.info(
            "storage reported", peer=ae_title, committed=len(report.committed), denied=denied
        )
        return SUCCESS


def _refused(status: int, ae_title: str, reason: str) -> int:
    logger.warning("report refused", peer=ae_title, status=f"{status:#06x}", reason=reason)
    return status
