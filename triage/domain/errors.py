"""The errors raised on purpose; each class says what the daemon does about it.

::

    TriageError
    ├── ConfigurationError      stop: a person must change a setting (exit 78)
    ├── BusyError               stop: somebody else holds what is needed (exit 75)
    ├── UnavailableError        stop: the database cannot be reached (exit 69)
    ├── RejectedInstance        refuse: the C-STORE gets an error status
    ├── UnassessableFilm        record: the film ends NOT_ASSESSED with its refusal
    ├── LeaseLost               drop: another worker has the study now
    └── DeliveryError
        ├── DeliveryPostponed   retry: the destination may accept it later
        └── DeliveryParked      park: only a person can mend this
"""

from triage.domain.assessment import Refusal


class TriageError(Exception):
    """Every error that this product raises on purpose."""


class ConfigurationError(TriageError):
    """A setting, a bundle or a folder is wrong; the process stops with exit code 78."""


class BusyError(TriageError):
    """Another daemon holds the data folder or the port; the process stops with exit code 75."""


class UnavailableError(TriageError):
    """The database cannot be reached or used now; the process stops with exit code 69."""


class RejectedInstance(TriageError):
    """The C-STORE is refused; ``status`` is the DIMSE status to answer (PS3.4 B.2.3)."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class UnassessableFilm(TriageError):
    """The film is not assessed; ``refusal`` is what the record says."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class LeaseLost(TriageError):
    """The study's lease ended before the work was done; its result is dropped."""


class DeliveryError(TriageError):
    """A capture did not reach its destination; the message is the reason kept in the outbox."""


class DeliveryPostponed(DeliveryError):
    """The destination may accept the capture later."""


class DeliveryParked(DeliveryError):
    """The capture waits until a person has changed something."""
