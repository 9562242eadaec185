"""Logs for the night shift: an event in few words, then ``key=value``; never a patient."""

import contextlib
import io
import logging
import sys
import warnings
from typing import TextIO, cast

import structlog


class StandardError(io.TextIOBase):
    """Standard error that may be full or gone: no film is refused for a line about it."""

    def write(self, text: str, /) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def configure_logs(*, least: int = logging.INFO) -> None:
    """Log to standard error: readable lines on a terminal, one JSON object a line elsewhere."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # In one write: lines of processes that share the stream stay whole.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", StandardError())),
    )
    # The libraries' own lines and warnings may hold identifiers; what matters is logged by us.
    warnings.simplefilter("ignore")
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
