"""Logs for the night shift: an event in few words, then ``key=value``; never a patient."""

import logging
import sys
import warnings

import structlog


def configure_logs() -> None:
    """Log to standard error: readable lines on a terminal, one JSON object a line elsewhere."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # The libraries' own lines and warnings may hold identifiers; what matters is logged by us.
    warnings.simplefilter("ignore")
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
