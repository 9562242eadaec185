"""The whole daemon inside the test's own process: real parts, moved step by step."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydicom import dcmread
from sqlalchemy import Engine, select, update
from sqlalchemy.engine import Row

from tests.builders.keeper import keeping
from tests.builders.waiting import wait_until
from triage.daemon.breaker import Breaker
from triage.daemon.delivering import Courier
from triage.daemon.judge import Judge
from triage.daemon.prover import Wish
from triage.daemon.scheduler import Clockwork
from triage.daemon.worker import Worker
from triage.database import schema
from triage.database.engine import database_time
from triage.database.timeline import Story, overview, story
from triage.domain.study import Peer
from triage.pipeline import Route
from triage.receive.admission import Admission
from triage.receive.listening import listen_on
from triage.receive.scp import StorageSCP
from triage.receive.streaming import DataPhase
from triage.receive.visitor import Serving
from triage.send.destination import Destination
from triage.settings import Settings
from triage.spool import Spool

TTL = timedelta(seconds=30)


@dataclass
class House:
    """Listener, clock, worker and courier of one data folder."""

    engine: Engine
    spool: Spool
    results: Spool
    peer: Peer
    clockwork: Clockwork
    worker: Worker
    courier: Courier
    employ: Callable[[Spool], Worker]
    hire: Callable[[Spool], Courier]

    def settle(self) -> None:
        """Move everything on until nothing waits; senders that have left are waited for."""
        wait_until(lambda: all(row.closed_at for row in self.rows("association")))
        self.clockwork.complete()
        while self.worker.assess_one() or self.courier.deliver_one():
            self.clockwork.complete()

    def make_due(self, table: str) -> None:
        """End the pause of everything that waits to be tried again, and the destination's."""
        self.courier = self.hire(self.results)
        rows = schema.metadata.tables[table]
        with self.engine.begin() as connection:
            connection.execute(update(rows).values(next_attempt_at=database_time(connection)))

    def troubles(self) -> Sequence[Mapping[str, object]]:
        """Return what ``triage status`` lists for a person."""
        with self.engine.begin() as connection:
            return overview(connection, now=database_time(connection)).troubles

    def keep_results_in(self, folder: Path) -> None:
        """Move to another folder of results, as if it were another disk."""
        self.results = Spool(folder / "results")
        self.worker = self.employ(self.results)
        self.courier = self.hire(self.results)

    def story_of(self, file: Path) -> Story:
        """Tell the story of the study that a file belongs to."""
        return self.story(str(dcmread(file, stop_before_pixels=True).StudyInstanceUID))

    def story(self, study_uid: str) -> Story:
        """Tell the story of a study."""
        with self.engine.begin() as connection:
            return story(connection, study_uid)

    def rows(self, table: str) -> list[Row[tuple[object, ...]]]:
        """Read a whole table in the order of its rows."""
        with self.engine.begin() as connection:
            return list(connection.execute(select(schema.metadata.tables[table])))


@contextmanager
def running_house(
    folder: Path,
    *,
    engine: Engine,
    route: Route,
    settings: Settings,
    allowed: Admission,
    data_phase: Serving = DataPhase,
    worker: Callable[..., Worker] = Worker,
) -> Iterator[House]:
    """Compose a house with fresh spools on an engine, listening on a free port."""
    spool, results = Spool(folder / "spool"), Spool(folder / "results")

    def employ(results: Spool) -> Worker:
        judge = Judge(engine, route, films=spool, results=results, pacs=settings.pacs)
        films = ThreadPoolExecutor(1)
        return worker(engine, judge, films=films, name="worker", ttl=TTL, most_failures=3)

    def hire(results: Spool) -> Courier:
        carrier = Destination(settings.pacs.peer, calling_ae_title="TRIAGE", timeout_s=5.0)
        return Courier(
            engine,
            results,
            name="courier",
            carrier=carrier,
            ttl=TTL,
            wish=Wish(),
            breaker=Breaker(chance=lambda: 0.0),
            chance=lambda: 0.0,
        )

    scp = StorageSCP(
        listen_on("127.0.0.1", 0),
        ae_title="TRIAGE",
        keeper=keeping(engine, spool),
        admission=allowed,
        data_phase=data_phase,
    )
    try:
        yield House(
            engine=engine,
            spool=spool,
            results=results,
            peer=Peer("TRIAGE", "127.0.0.1", scp.port),
            clockwork=Clockwork(engine, settings),
            worker=employ(results),
            courier=hire(results),
            employ=employ,
            hire=hire,
        )
    finally:
        scp.stop(grace_s=5.0)
