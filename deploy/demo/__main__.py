"""``python -m deploy.demo``: see ``make help``."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType

from rich.console import Console

from deploy.demo.failure import DemoFailed
from deploy.demo.films import read_film
from deploy.demo.load import Load
from deploy.demo.orthanc import running_orthanc
from deploy.demo.pacs import Pacs
from deploy.demo.show import Place, show_films, show_load
from deploy.demo.stand_in import running_stand_in
from triage.domain.errors import TriageError

OUT = Path("demo-out")
WIDTH_OF_A_FILE = 120
INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PACS: dict[str, Callable[[Path], AbstractContextManager[Pacs]]] = {
    "standin": running_stand_in,
    "orthanc": running_orthanc,
}


def main() -> int:
    """Run the demonstration; 1 says that something was not as it must be."""
    arguments = _arguments(sys.argv[1:])
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    warnings.filterwarnings("ignore", module="pydicom")  # of a user's film: the daemon judges it
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
    errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    try:
        problems = _demonstrate(arguments, console)
    except (DemoFailed, TriageError) as error:
        problems = [str(error)]
    except KeyboardInterrupt:
        errors.print("demo: interrupted, everything is stopped")
        return INTERRUPTED
    for problem in problems:
        errors.print(f"demo: {problem}")
    return 1 if problems else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:  # a second Ctrl-C shall not stop the stopping
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description="Send films, show what comes back.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--pacs", choices=sorted(PACS), default="standin")
    parser.add_argument("--load", type=Load, choices=list(Load))
    parser.add_argument("--studies", type=int, default=50, help="of the load")
    parser.add_argument("--return", choices=("all", "flagged"), default="all", dest="returned")
    return parser.parse_args(words)


def _demonstrate(arguments: argparse.Namespace, console: Console) -> list[str]:
    given = [read_film(path) for path in arguments.files]
    shutil.rmtree(OUT, ignore_errors=True)  # of an earlier run
    OUT.mkdir()
    with (
        tempfile.TemporaryDirectory(prefix="triage-demo-") as folder,
        PACS[arguments.pacs](Path(folder) / "pacs") as pacs,
    ):
        place = Place(pacs, Path(folder), OUT, console, return_all=arguments.returned == "all")
        if arguments.load is None:
            return show_films(given, place)
        return show_load(arguments.load, arguments.studies, place)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # An association that Ctrl-C broke off leaves a thread behind, which sys.exit would wait for.
    os._exit(code)
