"""``triage``: finds the command's file and runs it; errors become one line and an exit code."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

import typer

from triage.domain.errors import (
    BusyError,
    ConfigurationError,
    TriageError,
    UnavailableError,
)

EX_USAGE, EX_DATA, EX_UNAVAILABLE, EX_TEMPFAIL, EX_CONFIG = 64, 65, 69, 75, 78

THREADS = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}
"""Threads that spin while they wait starve others: on two busy cores one film took 1.5 s instead of
0.12 s, and the overlay's one small matrix product kept a second core busy, 62 ms of CPU instead of
33. Each library reads this once, when it is loaded: NumPy's in the daemon's child processes."""

EXIT_CODES: tuple[tuple[type[TriageError], int], ...] = (
    (ConfigurationError, EX_CONFIG),
    (BusyError, EX_TEMPFAIL),
    (UnavailableError, EX_UNAVAILABLE),
    (TriageError, EX_DATA),
)

COMMANDS = {
    "serve": "Run the daemon: receive, assess, return.",
    "run": "Assess files without network or database.",
    "status": "Show what is where.",
    "explain": "Tell one study's whole story.",
    "worklist": "Pull what the PACS has and is not here, and reconcile.",
    "report": "Print a report, or list all reports.",
    "reads": "Import what radiologists read.",
    "echo": "Ask a PACS for an echo.",
    "doctor": "Examine a PACS, and say which setting to change.",
    "learn": "List who was turned away at the door.",
    "requeue": "Try a dead study or a parked delivery again.",
    "discard": "Give a dead study up, with a reason.",
    "config": "Check the settings.",
    "database": "Upgrade, sum up, check or rebuild the database.",
    "model": "Make a bundle of another project's weights, or show one.",
    "train": "Train a network and make a bundle of it.",
    "evaluate": "Measure how good a model is on labelled films.",
    "calibrate": "Set a bundle's probabilities and thresholds by labelled films.",
    "train-screener": "Train what tells frontal chest films from other pictures.",
}
"""One file of this package each; in it the command or group of that name, ``_`` for ``-``."""


def main() -> None:
    """Run the command line and exit; what it writes is for this user alone."""
    os.umask(0o077)
    for name, value in THREADS.items():
        os.environ.setdefault(name, value)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (sysexits)."""
    app = _application(next((word for word in arguments if not word.startswith("-")), ""))
    try:
        code = app(list(arguments) or ["--help"], prog_name="triage", standalone_mode=False)
    except typer.exceptions.TyperException as error:
        return _say(error.format_message(), EX_USAGE)
    except TriageError as error:
        return _say(str(error), next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:  # the reader of a listing has seen enough
        return 0
    return code if isinstance(code, int) else 0


def _application(wanted: str) -> typer.Typer:
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Chest X-ray triage for a PACS. Research software, not for diagnostic use.",
    )
    app.callback()(_nothing)
    for name, sentence in COMMANDS.items():
        if name != wanted:
            app.command(name, help=sentence)(_nothing)
        elif isinstance(command := _load(name), typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _load(name: str) -> Callable[..., object] | typer.Typer:
    command: Callable[..., object] | typer.Typer
    word = name.replace("-", "_")
    command = getattr(importlib.import_module(f"triage.cli.{word}"), word)
    return command


def _nothing() -> None:
    """Stand in for commands that are only listed."""


def _say(sentence: str, code: int) -> int:
    print(f"triage: {sentence}", file=sys.stderr)
    return code
