"""Processor seconds of one JPEG 2000 film, station by station."""

from collections.abc import Callable, Sequence
from statistics import median
from time import process_time

from openjpeg.utils import decode
from rich.table import Table

from tests.benchmarks.levels.judgement import Jury
from tests.benchmarks.levels.radiographs import Radiograph
from tests.benchmarks.levels.reduction import UndecodableError, decoded_without, whole_film

LEFT_OUT = (1, 2)


def cost_table(films: Sequence[tuple[str, Radiograph]], jury: Jury, *, repeat: int) -> Table:
    """Measure each film in turns, and show medians of so many repetitions in milliseconds."""
    table = Table(title="processor time of one thread, ms", title_justify="left")
    for title in ("film", "MB", "as now", "1 left out", "2 left out", "made a film", "assessed"):
        table.add_column(title, justify="left" if title == "film" else "right")
    for name, radiograph in films:
        megabytes = f"{len(radiograph.codestream) / 1e6:.2f}"
        table.add_row(name, megabytes, *_costs(radiograph, jury, repeat))
    return table


def _costs(radiograph: Radiograph, jury: Jury, repeat: int) -> list[str]:
    film = whole_film(radiograph)

    def without(levels: int) -> Callable[[], object]:
        return lambda: decoded_without(radiograph.codestream, levels)

    stations: list[Callable[[], object]] = [
        lambda: decode(radiograph.codestream),
        *(without(levels) for levels in LEFT_OUT),
        lambda: whole_film(radiograph),
        lambda: jury.ask([film]),
    ]
    turns = [[_milliseconds(station) for station in stations] for _ in range(repeat)]
    return [_shown(column) for column in zip(*turns, strict=True)]


def _milliseconds(station: Callable[[], object]) -> float | None:
    begin = process_time()
    try:
        station()
    except UndecodableError:
        return None
    return 1000 * (process_time() - begin)


def _shown(column: Sequence[float | None]) -> str:
    taken = [value for value in column if value is not None]
    return f"{median(taken):.0f}" if taken else "-"
