"""What an inspection of database and folders may find wrong."""

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """What is wrong; the values are stable, for programs that read the report."""

    DATABASE = "database"
    KEY = "key"
    SCHEMA = "schema"
    STATE = "state"
    LEASE = "lease"
    FILM_LOST = "film_lost"
    FILM_MISSING = "film_missing"
    FILM_ALTERED = "film_altered"
    FILM_UNLISTED = "film_unlisted"
    FILM_UNSWEPT = "film_unswept"
    CAPTURE_LOST = "capture_lost"
    CAPTURE_ALTERED = "capture_altered"
    CAPTURE_UNLISTED = "capture_unlisted"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        code: its kind.
        subject: a row, a file or a part of the schema, by a name without patient data.
        sentence: what is wrong with it.
    """

    code: ProblemCode
    subject: str
    sentence: str
