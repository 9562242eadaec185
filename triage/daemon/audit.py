"""The audit: what database and folders say of each other, without a write to either."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from triage.database import inventory, sweep
from triage.database.contradictions import contradictions
from triage.database.drift import drift
from triage.database.engine import Connection, Engine, database_time
from triage.database.inventory import Listed
from triage.database.migrate import refuse_newer
from triage.database.soundness import damage
from triage.domain.problem import Problem, ProblemCode
from triage.spool import is_whole, path_in, stored_files

YOUNG_S = 600.0
"""A file is written before its row, which comes within seconds: so long it has none in peace."""
MOST_LISTED = 100
BATCH = 500

T = TypeVar("T")
Watched = Callable[[Sequence[str]], Iterable[str]]
"""Goes through digests, and may show a person how far."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One of the two folders, and what the database says of its files.

    Args:
        name: of a file in it.
        folder: of the spool; it need not be there.
        lost, missing, altered, unlisted: the codes of what may be wrong with a file.
        listed: the rows that name a file which should be there.
        still: those of them that name it still.
        known: the digests that any row names.
        swept: those of them whose rows say that the file is gone.
    """

    name: str
    folder: Path
    lost: ProblemCode
    missing: ProblemCode
    altered: ProblemCode
    unlisted: ProblemCode
    listed: Callable[[Connection], Iterator[list[Listed]]]
    still: Callable[[Connection, Sequence[int]], set[int]]
    known: Callable[[Connection, Sequence[str]], set[str]]
    swept: Callable[[Connection, Sequence[str]], set[str]]


def shelves(films: Path, results: Path) -> tuple[Shelf, Shelf]:
    """Return the two folders as the audit sees them."""
    return (
        Shelf(
            name="film",
            folder=films,
            lost=ProblemCode.FILM_LOST,
            missing=ProblemCode.FILM_MISSING,
            altered=ProblemCode.FILM_ALTERED,
            unlisted=ProblemCode.FILM_UNLISTED,
            listed=inventory.listed_films,
            still=inventory.unswept_films,
            known=sweep.known_films,
            swept=inventory.swept_films,
        ),
        Shelf(
            name="capture",
            folder=results,
            lost=ProblemCode.CAPTURE_LOST,
            missing=ProblemCode.CAPTURE_LOST,
            altered=ProblemCode.CAPTURE_ALTERED,
            unlisted=ProblemCode.CAPTURE_UNLISTED,
            listed=inventory.listed_captures,
            still=inventory.needed_captures,
            known=inventory.known_captures,
            swept=lambda _connection, _digests: set(),  # their going is not written down
        ),
    )


@dataclass(slots=True)
class Audited:
    """What was looked at, and what is wrong: all of it counted, of each kind the first listed."""

    looked_at: Counter[str] = field(default_factory=Counter)
    counts: Counter[ProblemCode] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, problems: Iterable[Problem]) -> int:
        """Take problems, and return how many these were."""
        before = self.counts.total()
        for problem in problems:
            self.counts[problem.code] += 1
            if self.counts[problem.code] <= MOST_LISTED:
                self.problems.append(problem)
        return self.counts.total() - before

    @property
    def told(self) -> Mapping[str, object]:
        """Everything as plain values."""
        return {
            "looked_at": dict(self.looked_at),
            "counts": {code.value: count for code, count in sorted(self.counts.items())},
            "problems": [
                {"code": one.code.value, "subject": one.subject, "sentence": one.sentence}
                for one in self.problems
            ],
        }


class Audit:
    """Looks at a database, and at the folders of films and of encoded results beside it.

    Args:
        engine: one that only reads.
        films, results: the folders.
        watched: goes through the files.
        clock: tells the age of a file.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        films: Path,
        results: Path,
        watched: Watched = iter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._shelves = shelves(films, results)
        self._watched = watched
        self._clock = clock

    def run(self) -> Audited:
        """Look at everything; rows and files are compared only where the rows can be read.

        Raises:
            ConfigurationError: the schema is newer than this program.
        """
        found = Audited()
        readable = self._database_is_readable(found)
        if readable:
            with self._engine.begin() as connection:
                found.add(contradictions(connection, now=database_time(connection)))
        for shelf in self._shelves:
            if readable:
                self._look_for_files(shelf, found)
            self._look_at_files(shelf, found, readable=readable)
        return found

    def _database_is_readable(self, found: Audited) -> bool:
        with self._engine.connect() as connection:  # of what is damaged not even a COMMIT is sure
            damaged = found.add(damage(connection))
        if damaged and found.counts[ProblemCode.DATABASE]:
            return False
        with self._engine.begin() as connection:
            refuse_newer(connection)
            return found.add(drift(connection)) == 0

    def _look_for_files(self, shelf: Shelf, found: Audited) -> None:
        """Find the rows without a file; one that was swept meanwhile needs none."""
        suspects: list[Listed] = []
        found.looked_at[f"{shelf.name} rows"] += 0
        with self._engine.begin() as connection:
            for page in shelf.listed(connection):
                found.looked_at[f"{shelf.name} rows"] += len(page)
                suspects += [row for row in page if not path_in(shelf.folder, row.digest).exists()]
        for batch in batches(suspects):
            with self._engine.begin() as connection:
                still = shelf.still(connection, [row.id for row in batch])
            found.add(_without_file(shelf, row) for row in batch if row.id in still)

    def _look_at_files(self, shelf: Shelf, found: Audited, *, readable: bool) -> None:
        """Read every file, and find those without a row."""
        files = dict(stored_files(shelf.folder))
        found.looked_at[f"{shelf.name} files"] += len(files)
        found.add(self._altered(shelf, sorted(files)))
        settled = [name for name, at in files.items() if at <= self._clock() - YOUNG_S]
        for batch in batches(settled) if readable else ():
            with self._engine.begin() as connection:
                unlisted = set(batch) - shelf.known(connection, batch)
                unswept = shelf.swept(connection, batch)
            found.add(_in_file(shelf.unlisted, name, "no row names it") for name in unlisted)
            sentence = "its row says that it was swept"
            found.add(_in_file(ProblemCode.FILM_UNSWEPT, name, sentence) for name in unswept)

    def _altered(self, shelf: Shelf, digests: Sequence[str]) -> Iterator[Problem]:
        for digest in self._watched(digests):
            try:
                whole = is_whole(path_in(shelf.folder, digest))
            except FileNotFoundError:  # swept meanwhile
                continue
            except OSError as error:
                yield _in_file(shelf.altered, digest, f"it cannot be read: {error.strerror}")
                continue
            if not whole:
                yield _in_file(shelf.altered, digest, "its contents are not those of its name")


def _without_file(shelf: Shelf, row: Listed) -> Problem:
    code = shelf.lost if row.waits else shelf.missing
    sentence = f"its file {row.digest[:12]} is not there"
    return Problem(code, f"{shelf.name} {row.id} of study {row.study_uid}", sentence)


def _in_file(code: ProblemCode, digest: str, sentence: str) -> Problem:
    return Problem(code, f"file {digest}", sentence)


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that one statement may ask for."""
    for begin in range(0, len(items), BATCH):
        yield items[begin : begin + BATCH]
