"""Cells of the whole: from a C-STORE to the Secondary Capture in the PACS, through ``serve``."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.chests import CHESTS, bundle_for, write_chests
from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.department import Department
from tests.benchmarks.effort import ROLES, cpu_by_role, peak_rss
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.peers import orthanc, pynetdicom
from tests.benchmarks.product import Product, environment_of
from tests.benchmarks.receiver import BenchError, Running
from tests.benchmarks.stages import MS, PARTS, ended, figures_of
from tests.benchmarks.workshop import Workshop
from tests.builders.daemon import Daemon, running_daemon
from triage.domain.study import Peer

RATE = 5.5
"""Films a second: a tenth above the goal, so that it can be reached and not only approached."""

FILMS = 90
ALONE_FILMS = 3
AT_ONCE = 40
AT_ONCE_RATE = 100.0
"""As fast as they are taken."""

END_S = 90.0
LOOK_EVERY_S = 0.25
SHOWN = ("films/s", "p50 result s", "p95 result s", "p50 PACS s", "p95 PACS s")
ALONE = "triage, alone"
GOALS = (
    Goal("films/s", 5),
    Goal("p95 result s", 10),
    Goal("p95 result s", 4, whose=ALONE),
)

TABLE = (*PARTS, *(f"{role} CPU ms" for role in ROLES), "worker's peak RSS MB")

Until = Callable[[int], None]
"""Returns when so many studies are at their end."""

Script = Callable[[Department, int, Until], dict[str, float]]
"""Sends films, of which it is told the flagged one, and returns how long each store took."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the daemon of a turn is given.

    Args:
        product: how it is started.
        films: files of which one is flagged.
        bundle: by which it is.
        flagged: its number.
    """

    product: Product
    films: Sequence[Path]
    bundle: Path
    flagged: int


def whole_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    number = workshop.number(FILMS, least=len(CHESTS))
    yield Cell(
        name="whole-load",
        title=f"C-STORE to PACS, {RATE:g} films of 15 MB a second, {number} films, 20 % flagged",
        line_up=partial(
            _line_up, workshop, {"triage": partial(_stream, number, RATE), ALONE: _one_by_one}
        ),
        shown=SHOWN,
        goals=GOALS,
        parts=TABLE,
    )
    yield Cell(
        name="whole-burst",
        title=f"C-STORE to PACS, {AT_ONCE} films of 15 MB at once, 20 % flagged",
        line_up=partial(_line_up, workshop, {"triage": partial(_stream, AT_ONCE, AT_ONCE_RATE)}),
        shown=SHOWN,
        parts=TABLE,
    )


@contextmanager
def _line_up(workshop: Workshop, scripts: Mapping[str, Script]) -> Iterator[Sequence[Contestant]]:
    """Draw the films once for all turns."""
    folder = workshop.folder / "whole"
    folder.mkdir()
    try:
        films = write_chests(folder)
        flagged = bundle_for(films, folder / "bundle")
        setting = Setting(workshop.product, films, folder / "bundle", flagged)
        yield [
            Contestant(name, partial(_take_turn, setting=setting, script=script))
            for name, script in scripts.items()
        ]
    finally:
        shutil.rmtree(folder)


def _stream(
    number: int, per_s: float, department: Department, _flagged: int, _until: Until
) -> dict[str, float]:
    """Send the films in turn, whatever becomes of them."""
    return department.send([turn % len(CHESTS) for turn in range(number)], per_s=per_s)


def _one_by_one(department: Department, flagged: int, until: Until) -> dict[str, float]:
    """Send a flagged film when the one before is in the PACS."""
    stored: dict[str, float] = {}
    for number in range(1, ALONE_FILMS + 1):
        stored |= department.send([flagged], per_s=1.0)
        until(number)
    return stored


def _take_turn(folder: Path, *, setting: Setting, script: Script) -> Figures:
    """Run one daemon beside one PACS; both end with the turn."""
    pacs = orthanc(tuned=False) if shutil.which("Orthanc") else pynetdicom()
    (folder / "pacs").mkdir()
    with (
        pacs.start(folder / "pacs") as running,
        running_daemon(folder / "data", _environment(setting, running.peer)) as daemon,
    ):
        department = Department(_peer(daemon), setting.films)
        begun = cpu_by_role(daemon.process.pid)
        stored = script(department, setting.flagged, partial(_until, daemon))
        _until(daemon, len(stored))
        spent = cpu_by_role(daemon.process.pid)
        held = {"worker's peak RSS MB": peak_rss(daemon.process.pid, "worker")}
        if daemon.stop() != 0:
            raise BenchError("the daemon did not end in order")
        engine = daemon.engine()
        figures = {**figures_of(engine, daemon.logged, stored), **held}
        engine.dispose()
        _check(running, figures)
    costs = {f"{role} CPU ms": MS * (s - begun.get(role, 0.0)) for role, s in spent.items()}
    return figures | {name: cost / len(stored) for name, cost in costs.items()}


def _environment(setting: Setting, pacs: Peer) -> dict[str, str]:
    sampled = {"PYTHONPATH", "BENCH_PROFILES"} & environment_of(setting.product).keys()
    return {
        **{name: environment_of(setting.product)[name] for name in sampled},
        "TRIAGE_MODEL__BUNDLE": str(setting.bundle),
        "TRIAGE_PACS__AE_TITLE": pacs.ae_title,
        "TRIAGE_PACS__HOST": pacs.host,
        "TRIAGE_PACS__PORT": str(pacs.port),
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__RETURN_MAX_AGE_DAYS": "36500",
        **setting.product.options,
    }


def _peer(daemon: Daemon) -> Peer:
    try:
        return daemon.peer
    except AssertionError as error:
        raise BenchError(f"the daemon did not start: {error}") from error


def _until(daemon: Daemon, number: int) -> None:
    """Return when so many studies are at their end."""
    engine, pause = daemon.engine(), threading.Event()
    deadline = time.monotonic() + END_S
    while (found := ended(engine)) < number:
        if time.monotonic() > deadline or daemon.process.poll() is not None:
            raise BenchError(f"{found} of {number} studies ended within {END_S:g} s")
        pause.wait(LOOK_EVERY_S)
    engine.dispose()


def _check(pacs: Running, figures: Figures) -> None:
    if (kept := pacs.kept()) != figures["returned"]:
        raise BenchError(f"{figures['returned']} captures were sent, the PACS has {kept}")
