"""What a radiologist said of a study, and what becomes of that."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage.domain.assessment import Model
from triage.domain.hidden import Hidden

LONGEST = 64
"""Letters of a reader, a label, a UID or an accession number."""


class Answer(StrEnum):
    """What a reader says of one label; there is no word for "not looked at"."""

    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's answer on one label of one study.

    Args:
        line: where it stands in its file, from 1.
        study_uid: Study Instance UID; ``None`` where the accession number names the study.
        accession: (0008,0050) *Accession Number*; ``None`` where the UID names the study.
        label: what was looked for, such as ``tumour``.
        answer: what was seen.
        reader: a name that is the same in every file.
        read_at: when, aware.

    Raises:
        ValueError: nothing names the study, or the time has no zone.
    """

    line: int
    study_uid: str | None
    accession: Hidden | None
    label: str
    answer: Answer
    reader: str
    read_at: datetime

    def __post_init__(self) -> None:
        if self.study_uid is None and self.accession is None:
            raise ValueError(f"line {self.line} names no study: a UID or an accession number")
        if self.read_at.tzinfo is None:
            raise ValueError(f"line {self.line}: the time has no zone")


class Ending(StrEnum):
    """What becomes of a line."""

    IMPORTED = "imported"
    READ_AGAIN = "read again"
    KNOWN = "known already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one line, and why; without a word of what stands in it.

    Args:
        line: from 1.
        ending: ``READ_AGAIN`` where this reader has another reading of the same, which is kept.
        why: a refusal's reason, else empty.
    """

    line: int
    ending: Ending
    why: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A reader's last word on a study's label, beside what one model said.

    Args:
        study_uid: Study Instance UID.
        label: what was looked for.
        reader: whose word it is.
        present: what the word is.
        model: whose bundle; ``None`` where none was asked.
        probability: of the study's loudest film, 0 where no model was asked.
        reached: the threshold was reached by one of the films.
    """

    study_uid: str
    label: str
    reader: str
    present: bool
    model: Model | None
    probability: float
    reached: bool
