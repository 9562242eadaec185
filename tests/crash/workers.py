"""Workers and couriers that kill themselves at a named moment, in a process of their own.

This module is a program too: a nursery that has loaded everything, and forks a process for each
line that it reads.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, event, text

from tests.builders.house import TTL
from tests.crash.points import DyingSpool, Point, die
from triage.daemon.breaker import Breaker
from triage.daemon.delivering import Courier
from triage.daemon.judge import Judge
from triage.daemon.prover import Wish
from triage.daemon.worker import Worker
from triage.database.engine import open_engine
from triage.decode.guard import Guard
from triage.domain.assessment import Assessment
from triage.domain.film import Film
from triage.infer.predictor import Predictor
from triage.pipeline import AssessedFilm, ComposedFilm, Route, build_route
from triage.send.destination import Destination
from triage.settings import Settings, to_json
from triage.spool import Spool


class Moment(StrEnum):
    """Where a study is on its way from the queue to the PACS."""

    DECODING = "decoding"
    INFERENCE = "inference"
    AFTER_INFERENCE = "after_inference"
    BUILDING = "building"
    WRITING = "writing"
    AFTER_WRITING = "after_writing"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_SENDING = "before_sending"
    AFTER_ANSWER = "after_answer"


OF_THE_WORKER = tuple(Moment)[:8]
IN_A_LEASE = tuple(Moment)[:7]
OF_THE_COURIER = tuple(Moment)[8:]


class Nursery:
    """Runs workers and couriers until they kill themselves."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_until(self, moment: Moment, settings: Settings) -> int:
        """Run a worker or a courier, and return its exit code, negative for a signal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"moment": moment, "settings": json.loads(to_json(settings))}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


class DyingDecoder(Guard):
    """Kills the process when a film is read."""

    def read(self, path: Path, *, minimum_age_years: int | None = 18) -> Film:
        super().read(path, minimum_age_years=minimum_age_years)
        die()


class DyingPredictor:
    """Kills the process before or after the network has computed."""

    def __init__(self, predictor: Predictor, *, first: bool) -> None:
        self._predictor = predictor
        self._first = first

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        if not self._first:
            self._predictor.assess(films)
        die()


class DyingRoute(Route):
    """Kills the process when the capture has been built."""

    __slots__ = ()

    def compose(
        self, path: Path, assessed: AssessedFilm, *, received_at: datetime | None, page: int = 1
    ) -> ComposedFilm:
        Route.compose(self, path, assessed, received_at=received_at, page=page)
        die()


def _assess(moment: Moment, settings: Settings) -> None:
    """Assess one study as the product's worker does, with one part that is deadly."""
    engine = open_engine(settings.database_url)
    if moment is Moment.BEFORE_COMMIT:
        _die_before_results_are_committed(engine)
    folder = settings.data.folder
    judge = Judge(
        engine,
        _route(moment, build_route(settings)),
        films=Spool(folder / "spool"),
        results=_results(moment, folder / "results"),
        pacs=settings.pacs,
    )
    with ThreadPoolExecutor(1) as films:
        worker = Worker(engine, judge, films=films, name="worker", ttl=TTL, most_failures=3)
        worker.assess_one()
    die()


def _route(moment: Moment, route: Route) -> Route:
    parts = {field.name: getattr(route, field.name) for field in fields(route)}
    predictor = parts["assessor"]
    if moment is Moment.DECODING:
        parts["decoder"] = DyingDecoder()
    if moment in (Moment.INFERENCE, Moment.AFTER_INFERENCE):
        parts["assessor"] = DyingPredictor(predictor, first=moment is Moment.INFERENCE)
    return (DyingRoute if moment is Moment.BUILDING else Route)(**parts)


def _results(moment: Moment, folder: Path) -> Spool:
    points = {Moment.WRITING: Point.BEFORE_FSYNC, Moment.AFTER_WRITING: Point.AFTER_LINK}
    return DyingSpool(folder, at=points[moment]) if moment in points else Spool(folder)


def _die_before_results_are_committed(engine: Engine) -> None:
    @event.listens_for(engine, "commit")
    def _die(connection: Connection) -> None:
        if connection.scalar(text("SELECT COUNT(*) FROM assessment")):
            die()


class DyingDestination(Destination):
    """Kills the process when a capture is to be stored, or when the PACS has it."""

    is_stored = False

    def store(self, file: Path) -> str:
        if self.is_stored:
            super().store(file)
        die()


def _deliver(moment: Moment, settings: Settings) -> None:
    """Deliver one capture as the product's courier does, and die around the answer."""
    carrier = DyingDestination(settings.pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0)
    carrier.is_stored = moment is Moment.AFTER_ANSWER
    courier = Courier(
        open_engine(settings.database_url),
        Spool(settings.data.folder / "results"),
        name="courier",
        carrier=carrier,
        ttl=TTL,
        wish=Wish(),
        breaker=Breaker(chance=lambda: 0.0),
        chance=lambda: 0.0,
    )
    courier.deliver_one()


def main() -> None:
    """Fork a process for each request, and tell how it ended."""
    for line in sys.stdin:
        request = json.loads(line)
        moment = Moment(request["moment"])
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # it logs, and the answers are not its own
            run = _assess if moment in OF_THE_WORKER else _deliver
            run(moment, Settings.model_validate(request["settings"]))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
