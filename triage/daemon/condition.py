"""How a worker's device is, kept in a file of the data folder for ``triage status``."""

from pathlib import Path

import structlog

logger = structlog.get_logger(__name__)

WORSE = "degraded: "
"""What a sentence begins with when films are assessed in another way than was chosen."""


class Condition:
    """The last word on the device of the worker of a data folder.

    Args:
        folder: of the daemon's data.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "degraded"

    def clear(self) -> None:
        """Forget what a worker before said."""
        self._file.unlink(missing_ok=True)

    def tell(self, sentence: str) -> None:
        """Log what happened to the device, and keep it if it is degraded.

        A disk that is full hinders no assessment: then the log alone says so.
        """
        logger.error("inference device failed", reason=sentence)
        if not sentence.startswith(WORSE):
            return
        try:
            self._file.write_text(sentence.removeprefix(WORSE) + "\n", encoding="utf-8")
        except OSError as error:
            logger.error("the device's condition is not kept", reason=error.strerror)

    def degraded(self) -> str | None:
        """Say in which way the worker is degraded, or ``None``."""
        try:
            return self._file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"unknown, {self._file}: {error.strerror}"
