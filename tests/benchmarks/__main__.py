"""``make bench``: reception, decoding, inference and captures beside others, in turns, as ratios.

Nothing here gates: the tables say what was met and what was missed. The exit code is 1 where a
contestant lost, refused or failed, for then its figures mean nothing.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.benchmarks.accelerating import accelerated_cells
from tests.benchmarks.cells import reception_cells
from tests.benchmarks.composing import composing_cells
from tests.benchmarks.contest import Cell, Result, contest
from tests.benchmarks.decoding import decoding_cells
from tests.benchmarks.hardships import hardship_cells
from tests.benchmarks.inferring import inference_cells
from tests.benchmarks.objects import Shelf
from tests.benchmarks.product import Product, migrated_sqlite
from tests.benchmarks.report import place, show, write
from tests.benchmarks.reporting import reporting_cells
from tests.benchmarks.returning import returning_cells
from tests.benchmarks.whole import whole_cells
from tests.benchmarks.workshop import Workshop

REPETITIONS = 5
WIDTH_OF_A_FILE = 140


def main(words: Sequence[str]) -> int:
    """Measure the chosen cells."""
    arguments = _arguments(words)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
    with tempfile.TemporaryDirectory(prefix="triage-bench-", dir=arguments.folder) as folder:
        cells = _chosen(_workshop(Path(folder), arguments), arguments.only)
        if arguments.list or not cells:
            console.print("\n".join(f"{cell.name:<18} {cell.title}" for cell in cells))
            return 0 if cells else 2
        console.print("; ".join(f"{key} {value}" for key, value in place().items()) + "\n")
        results: list[Result] = []
        for cell in cells:
            results.append(contest(cell, Path(folder), repetitions=arguments.repeat))
            show(results[-1], console)
            write(results, arguments.json, quick=arguments.quick)
    console.print(f"every sample is in {arguments.json}")
    return int(any(result.complaints for result in results))


def _workshop(folder: Path, arguments: argparse.Namespace) -> Workshop:
    for name in ("objects", "notes"):
        (folder / name).mkdir()
    if arguments.profile is not None:
        arguments.profile.mkdir(parents=True, exist_ok=True)
    product = Product(
        migrated_sqlite(folder / "empty.sqlite3"),
        options=dict(option.split("=", 1) for option in arguments.set),
        profiles=arguments.profile and arguments.profile.resolve(),
    )
    return Workshop(folder / "notes", Shelf(folder / "objects"), product, quick=arguments.quick)


def _chosen(workshop: Workshop, only: Sequence[str]) -> list[Cell]:
    """Take the cells that have one of the words in their name."""
    cells = [
        *reception_cells(workshop),
        *hardship_cells(workshop),
        *decoding_cells(workshop),
        *inference_cells(),
        *accelerated_cells(),
        *composing_cells(workshop),
        *returning_cells(workshop),
        *whole_cells(workshop),
        *reporting_cells(workshop),
    ]
    return [cell for cell in cells if not only or any(word in cell.name for word in only)]


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure reception, decoding, inference, captures, and all of it together.",
    )
    parser.add_argument("only", nargs="*", metavar="CELL", help="part of a cell's name")
    parser.add_argument("--repeat", type=int, default=REPETITIONS, help="turns of each contestant")
    parser.add_argument("--quick", action="store_true", help="an eighth of the objects")
    parser.add_argument("--list", action="store_true", help="list the cells and stop")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--json", type=Path, default=Path("build") / f"bench-{now}.json")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="where stacks are left")
    parser.add_argument(
        "--set", action="append", default=[], metavar="TRIAGE_SECTION__KEY=VALUE", help="a setting"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
