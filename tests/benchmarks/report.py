"""Tables for a person, and everything for a program."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.contest import Result
from tests.benchmarks.figures import PRODUCT, summary, times_better


def show(result: Result, console: Console) -> None:
    """Print a cell: medians with their range, how many times better triage is, goals."""
    cell, leading = result.cell, result.cell.shown[0]
    table = Table(title=f"{cell.name}: {cell.title}", title_justify="left", title_style="bold")
    table.add_column("")
    for figure in cell.shown:
        table.add_column(figure, justify="right")
    table.add_column(f"{PRODUCT} is better, by {leading}", justify="right")
    for name, runs in result.samples.items():
        ratio = None if name == PRODUCT else times_better(result.samples, leading, PRODUCT, name)
        medians = [str(summary(runs, figure) or "-") for figure in cell.shown]
        table.add_row(name, *medians, f"{ratio} x" if ratio else "")
    console.print(table)
    if cell.parts:
        console.print(_parts(result))
    for line in _goals(result):
        console.print(f"  {line}", style="red" if line.endswith("missed") else "green")
    for complaint in result.complaints:
        console.print(f"  FAILED {complaint}", style="bold red", markup=False)
    repetitions = max(map(len, result.samples.values()), default=0)
    console.print(f"  {repetitions} repetitions in turns, {result.seconds:.0f} s\n", style="dim")


def write(results: Sequence[Result], file: Path, *, quick: bool) -> None:
    """Write every sample, and where they were taken."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "place": place(),
        "cells": {result.cell.name: _cell(result) for result in results},
    }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def place() -> dict[str, str]:
    """Say where this runs, and beside whom."""
    return {
        "machine": f"{os.cpu_count()} x {_processor()}, {_memory_gb():.0f} GB",
        "kernel": platform.release(),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "pynetdicom": version("pynetdicom"),
        "pydicom": version("pydicom"),
        "dcmtk": _first_line("storescp", "--version"),
        "orthanc": _first_line("Orthanc", "--version"),
        "commit": _first_line("git", "describe", "--always", "--dirty"),
    }


def _parts(result: Result) -> Table:
    """Show where the time goes: a line for each stage, a column for each contestant."""
    table = Table(title="where the time goes, medians", title_justify="left")
    table.add_column("")
    for name in result.samples:
        table.add_column(name, justify="right")
    for part in result.cell.parts:
        medians = [str(summary(runs, part) or "-") for runs in result.samples.values()]
        table.add_row(part, *medians)
    return table


def _goals(result: Result) -> Iterator[str]:
    for goal in result.cell.goals:
        reached = goal.reached(result.samples)
        if reached is None:
            yield f"{goal}: no figure"
        else:
            yield f"{goal}: {reached}: {'met' if goal.met(reached) else 'missed'}"


def _cell(result: Result) -> dict[str, object]:
    return {
        "title": result.cell.title,
        "samples": result.samples,
        "goals": list(_goals(result)),
        "complaints": result.complaints,
        "seconds": round(result.seconds, 1),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not installed"
    return (done.stdout + done.stderr).strip().partition("\n")[0]
