"""How far the answers move when films are decoded at fewer levels, as a table."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from tests.benchmarks.figures import percentile
from tests.benchmarks.levels.judgement import Change, Jury, change
from tests.benchmarks.levels.radiographs import Radiograph
from tests.benchmarks.levels.reduction import WAYS, UndecodableError, films_without, whole_film

BOUND = 0.005
"""A probability may move by this much where fewer levels are to be worth it."""

COLUMNS = (
    "left out",
    "films",
    "gray",
    "p median",
    "p 95 %",
    "p largest",
    f"> {BOUND}",
    "flags",
    "borders",
    "measure",
    "verdicts",
    "notes",
    "not decoded",
)
"""Largest change of a gray, of a probability, of the screener; and films that change."""

Row = tuple[int, str]
"""Levels left out, and how what is left is shown."""


_WHOLE: Row = (0, "whole")


def movement_table(
    title: str, radiographs: Iterable[Radiograph], jury: Jury, *, left_out: Sequence[int]
) -> Table:
    """Ask of each film at each reduction, and show how far the answers are from the whole."""
    changes: dict[Row, list[Change]] = {}
    failures: Counter[int] = Counter()
    for radiograph in radiographs:
        films = {_WHOLE: whole_film(radiograph)}
        for levels in left_out:
            try:
                reduced = films_without(radiograph, levels)
            except UndecodableError:
                failures[levels] += 1
            else:
                films |= {(levels, way): film for way, film in reduced.items()}
        answers = dict(zip(films, jury.ask(list(films.values())), strict=True))
        before = answers.pop(_WHOLE)
        for row, answer in answers.items():
            changes.setdefault(row, []).append(change(before, answer))
    return _table(title, changes, failures, left_out)


def _table(
    title: str,
    changes: Mapping[Row, Sequence[Change]],
    failures: Mapping[int, int],
    left_out: Sequence[int],
) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == COLUMNS[0] else "right")
    for levels, way in ((levels, way) for levels in left_out for way in WAYS):
        cells = _cells(changes.get((levels, way), ()))
        table.add_row(f"{levels}, {way}", *cells, str(failures[levels]))
    return table


def _cells(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return [""] * (len(COLUMNS) - 2)
    moved = [each.probability for each in changes]
    return [
        str(len(changes)),
        f"{max(each.gray for each in changes):.3f}",
        *(f"{percentile(moved, part):.4f}" for part in (0.5, 0.95, 1)),
        str(sum(each > BOUND for each in moved)),
        str(sum(each.flag for each in changes)),
        str(sum(each.border for each in changes)),
        f"{max(each.measure for each in changes):.3f}",
        str(sum(each.verdict for each in changes)),
        str(sum(each.note for each in changes)),
    ]
