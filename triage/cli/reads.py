"""``triage reads import FILE``."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.options import AsJson, SettingsFile, print_json, transaction, who
from triage.database.reads import import_reads
from triage.domain.reading import Ending, Fate
from triage.evaluate.reads import read_reads

EX_DATA = 65

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, one answer a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be, and keep nothing.")]

reads = typer.Typer(help="Import what radiologists read.", no_args_is_help=True)


@reads.callback()
def _group() -> None:
    """Keep ``import`` a word of the command line, though it is the only one."""


@reads.command("import")
def import_file(
    file: File, *, dry_run: DryRun = False, settings: SettingsFile = None, as_json: AsJson = False
) -> int:
    """Import a file of reads in one transaction, and tell what became of each line.

    Lines that are no reading are refused by their number, and all others are kept: exit code 65
    says that there was one. To import a file again changes nothing.
    """
    sheet = read_reads(file)
    with transaction(settings) as (connection, now):
        judged = import_reads(connection, sheet.readings, now=now, actor=who(), dry_run=dry_run)
    fates = sorted([*sheet.refused, *judged], key=lambda fate: fate.line)
    counts = Counter(fate.ending for fate in fates)
    if as_json:
        print_json({"dry_run": dry_run, **_named(counts), "lines": [asdict(f) for f in fates]})
    else:
        print(*_told(fates), sep="\n", end="\n" if fates else "")
        print("dry run, nothing is kept: " * dry_run + _summed(counts))
    return EX_DATA if counts[Ending.REFUSED] else 0


def _named(counts: Counter[Ending]) -> dict[str, int]:
    return {ending.value.replace(" ", "_"): counts[ending] for ending in Ending}


def _summed(counts: Counter[Ending]) -> str:
    return ", ".join(f"{counts[ending]} {ending}" for ending in Ending)


def _told(fates: Sequence[Fate]) -> Iterator[str]:
    """Yield a sentence for each run of lines to which the same happens."""
    for (ending, why), run in groupby(fates, key=lambda fate: (fate.ending, fate.why)):
        lines = [fate.line for fate in run]
        place = f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"
        yield f"{place}: {ending}{': ' if why else ''}{why}"
