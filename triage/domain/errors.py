"""The errors raised on purpose; each class says what the daemon does about it.

::

    TriageError
    ├── ConfigurationError      stop: a person must change a setting (exit 78)
    │   └── DamagedDatabase     stop the whole daemon: a person must mend it (exit 78)
    ├── UnusableList            stop: a list of films that was given is wrong (exit 65)
    ├── BusyError               stop: somebody else holds what is needed (exit 75)
    ├── UnavailableError        stop: the database cannot be reached (exit 69)
    ├── RefusedCheckpoint       refuse: another project's weights are not imported (exit 65)
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


class DamagedDatabase(ConfigurationError):
    """The database says that its files are damaged; the daemon stops with exit code 78."""

    def __init__(self) -> None:
        super().__init__("database: it is damaged: triage database check tells where")


class UnusableList(TriageError):
    """A list of films, labels or predictions is wrong; the command ends with exit code 65."""


class BusyError(TriageError):
    """Another daemon holds the data folder or the port; the process stops with exit code 75."""


class UnavailableError(TriageError):
    """The database cannot be reached or used now; the process stops with exit code 69."""


class RefusedCheckpoint(TriageError):
    """A file is none of the checkpoints that can be imported, or asks for code to be run."""


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
    """The destination may accept the capture later.

    ``in_doubt``: the capture was on its way when the answer failed, so it may be there already.
    ``reached``: the destination spoke with us at all; if not, nothing is said of the capture.
    """

    def __init__(self, sentence: str, *, in_doubt: bool = False, reached: bool = True) -> None:
        super().__init__(sentence)
        self.in_doubt = in_doubt
        self.reached = reached


class DeliveryParked(DeliveryError):
    """The capture waits until a person has changed something."""


def place_of(error: BaseException) -> str:
    """Name an unexpected error by type and place; its text may hold what a peer sent.

    >>> place_of(ValueError("Doe^Jane"))
    'ValueError'
    """
    trace, name = error.__traceback__, type(error).__name__
    if isinstance(error, OSError) and error.strerror:  # the system's own words, no peer's
        name = f"{name} ({error.strerror})"
    if trace is None:
        return name
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{name} at {file}:{trace.tb_lineno}"
