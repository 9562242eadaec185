"""What a day's worklist expects, and how a run through it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """Requested Procedure Priority (0040,1003), the more urgent the higher."""

    LOW = -1
    ROUTINE = 0
    MEDIUM = 1
    HIGH = 2
    STAT = 3

    @classmethod
    def of(cls, term: str) -> "Urgency":
        """Read a defined term; what is absent or unknown is ``ROUTINE``.

        >>> Urgency.of("stat "), Urgency.of("")
        (<Urgency.STAT: 3>, <Urgency.ROUTINE: 0>)
        """
        return cls.__members__.get(term.strip().upper(), cls.ROUTINE)


class Verdict(StrEnum):
    """How a run ended."""

    EXACT = "exact"
    """Everything that was expected is here and explained."""

    MISMATCH = "mismatch"
    """Something did not come, was not finished, or could not be asked."""

    MISSED = "missed"
    """Its window had passed before anybody began."""


@dataclass(frozen=True, slots=True)
class ExpectedSeries:
    """A series that is wanted.

    ``instances`` are the SOP Instance UIDs where the PACS lists them; ``count`` is how many
    there are, by the list or by its word, and at least one.
    """

    series_uid: str
    count: int
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedStudy:
    """A study of the list; without series nothing of it is wanted, and ``left_out`` says why."""

    study_uid: str
    series: tuple[ExpectedSeries, ...] = ()
    left_out: str | None = None

    def __post_init__(self) -> None:
        if bool(self.series) == (self.left_out is not None):
            raise ValueError("a study has series that are wanted, or a reason why not")

    @property
    def count(self) -> int:
        """How many films are expected."""
        return sum(series.count for series in self.series)


@dataclass(frozen=True, slots=True)
class Listing:
    """What was listed for a day: each study once, the urgencies of the Modality Worklist.

    ``gaps`` says in words what could not be asked.
    """

    studies: tuple[ExpectedStudy, ...]
    urgencies: Mapping[str, Urgency]
    gaps: tuple[str, ...] = ()
