"""Small pictures of the films behind a report's rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from triage.database.agreement import Case, loudest_films
from triage.database.engine import Connection
from triage.database.questions import DISAGREEMENTS
from triage.database.statistics import Report, Table
from triage.domain.errors import UnassessableFilm
from triage.spool import path_in

MOST = 100
LONG_SIDE = 160


def films_of(connection: Connection, report: Report, table: Table) -> list[str | None]:
    """Return the digest of the film behind each disagreement, of the first ones alone.

    Other reports have no films.
    """
    if report is not DISAGREEMENTS:
        return []
    study, label, bundle = map(table.columns.index, ("study_uid", "label", "bundle"))
    cases: list[Case] = [
        (str(row[study]), str(row[label]), str(row[bundle])) for row in table.rows[:MOST]
    ]
    films = loudest_films(connection, {case[0] for case in cases})
    return [films.get(case) for case in cases]


def pictures(films: Sequence[str | None], spool: Path) -> dict[int, bytes]:
    """Draw films small, by the number of their row; of a file that has gone nothing is drawn.

    Args:
        films: digests.
        spool: the folder where the listener keeps them.
    """
    files = {digest: path_in(spool, digest) for digest in films if digest}
    kept = {digest: file for digest, file in files.items() if file.exists()}
    drawn = dict(_drawn(kept)) if kept else {}
    return {n: drawn[digest] for n, digest in enumerate(films) if digest in drawn}


def _drawn(files: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    from triage.decode.guard import Guard  # no other report needs the decoder
    from triage.overlay.thumbnail import thumbnail

    guard = Guard()
    for digest, file in files.items():
        with suppress(UnassessableFilm, OSError):
            film = guard.read(file, minimum_age_years=None)
            yield digest, thumbnail(film, long_side=LONG_SIDE)
