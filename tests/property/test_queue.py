"""The queue as a state machine: a lease is exclusive, every film ends exactly once."""

import contextlib
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.builders.clock import Clock
from tests.builders.studies import (
    TTL,
    film_states,
    finished,
    parcel,
    queued,
    receipt,
)
from triage.database import operator, outbox, queue, schema
from triage.database.engine import open_engine
from triage.database.migrate import upgrade
from triage.database.moves import Kind, MoveRefused
from triage.database.operator import UnknownStudy
from triage.domain.errors import LeaseLost
from triage.domain.study import FilmState, Lease, StudyState

MOST_FAILURES = 2
STUDIES = ["2.25.100", "2.25.200"]
studies = st.sampled_from(STUDIES)
films = st.integers(1, 2)


def in_haste(connection: DBAPIConnection, _entry: object) -> None:
    """Nothing here needs to survive a power cut."""
    connection.cursor().execute("PRAGMA synchronous=OFF")


@cache
def migrated_database() -> bytes:
    """Make the file that every run begins with: migrating takes longer than a run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "triage.sqlite3"
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        engine.dispose()
        return file.read_bytes()


class Queue(RuleBasedStateMachine):
    """Listener, scheduler, workers, courier and operator, each a step at a time."""

    leases: Bundle[Lease] = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "triage.sqlite3"
        file.write_bytes(migrated_database())
        self.engine = open_engine(f"sqlite:///{file}")
        event.listen(self.engine, "connect", in_haste)
        self.clock = Clock()
        self.results = 0
        self.ended: dict[int, str] = {}

    def teardown(self) -> None:
        for study in STUDIES * 3:
            self.expire()
            self.discard(study)
            self.finish_next()
        self.every_film_has_ended()
        self.engine.dispose()
        self.folder.cleanup()

    @rule(study=studies, film=films, contents=st.sampled_from(["", "coerced"]))
    def receive(self, study: str, film: int, contents: str) -> None:
        brought = receipt(f"{study}.{film}", study=study, contents=contents)
        with self.engine.begin() as connection:
            queued(connection, brought, now=self.clock.now)

    @rule(target=leases, worker=st.sampled_from(["worker-1", "worker-2"]))
    def claim(self, worker: str) -> Lease | MultipleResults[Lease]:
        with self.engine.begin() as connection:
            lease = queue.claim(connection, worker=worker, now=self.clock.now, ttl=TTL)
        return multiple() if lease is None else lease

    @rule(lease=consumes(leases), captured=st.booleans())
    def finish(self, lease: Lease, *, captured: bool) -> None:
        self.results += 1
        parcels = [parcel(f"2.25.9.{self.results}")] * captured
        with self.expected(lease), self.engine.begin() as connection:
            finished(connection, lease, *parcels, now=self.clock.now)

    @rule(lease=consumes(leases))
    def fail(self, lease: Lease) -> None:
        with self.expected(lease), self.engine.begin() as connection:
            queue.fail(
                connection, lease, reason="x", now=self.clock.now, most_failures=MOST_FAILURES
            )

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        with self.expected(lease), self.engine.begin() as connection:
            queue.renew(connection, lease, now=self.clock.now, ttl=TTL)

    @initialize()
    def begin(self) -> None:
        self.receive(STUDIES[0], 1, "")

    @rule()
    def expire(self) -> None:
        """Let every lease run out; the studies may be claimed again at once."""
        self.clock.wait(30)
        with self.engine.begin() as connection:
            queue.release_abandoned(connection, worker=None, now=self.clock.now, most_deaths=9)
        self.clock.wait(300)

    @rule()
    def deliver(self) -> None:
        with self.engine.begin() as connection:
            delivery = outbox.claim_delivery(
                connection, courier="courier", now=self.clock.now, ttl=TTL
            )
            if delivery is not None:
                outbox.mark_sent(
                    connection, delivery, now=self.clock.now, courier="courier", answer="0x0000"
                )

    @rule(study=studies)
    def discard(self, study: str) -> None:
        refused = contextlib.suppress(MoveRefused, UnknownStudy)
        with refused, self.engine.begin() as connection:
            operator.discard(connection, study, reason="x", now=self.clock.now, actor="person")

    def finish_next(self) -> None:
        """Let a worker that never fails take the next study."""
        with self.engine.begin() as connection:
            lease = queue.claim(connection, worker="last", now=self.clock.now, ttl=TTL)
            if lease is not None:
                finished(connection, lease, now=self.clock.now)

    def every_film_has_ended(self) -> None:
        with self.engine.begin() as connection:
            assert FilmState.WAITING not in film_states(connection)

    @contextlib.contextmanager
    def expected(self, lease: Lease) -> Iterator[None]:
        """Only whoever holds the newest lease of a study that is being assessed succeeds."""
        table = schema.study.c
        mine = (table.id == lease.study_id, table.fence == lease.fence)
        with self.engine.begin() as connection:
            held = connection.scalar(
                select(func.count()).where(*mine, table.state == StudyState.ASSESSING)
            )
        try:
            yield
        except LeaseLost:
            assert not held
        else:
            assert held

    @invariant()
    def a_film_that_has_ended_stays_as_it_ended(self) -> None:
        with self.engine.begin() as connection:
            states = dict(enumerate(film_states(connection)))
        assert all(states[number] == end for number, end in self.ended.items())
        self.ended = {number: end for number, end in states.items() if end != FilmState.WAITING}

    @invariant()
    def a_finished_study_has_no_film_that_waits(self) -> None:
        ended = (StudyState.DONE, StudyState.ASSESSED, StudyState.NOT_ASSESSED)
        film, study = schema.instance.c, schema.study.c
        forgotten = select(func.count()).where(
            film.study_id == study.id, film.state == FilmState.WAITING, study.state.in_(ended)
        )
        with self.engine.begin() as connection:
            assert connection.scalar(forgotten) == 0

    @invariant()
    def an_assessed_film_has_one_assessment_and_another_none(self) -> None:
        with self.engine.begin() as connection:
            assessed = film_states(connection).count(FilmState.ASSESSED)
            rows = connection.scalar(select(func.count()).select_from(schema.assessment))
        assert rows == assessed

    @invariant()
    def the_events_tell_of_the_state_of_every_study(self) -> None:
        told, study = schema.event.c, schema.study.c
        latest = (
            select(told.to_state)
            .where(told.study_id == study.id, told.kind == Kind.STUDY)
            .order_by(told.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        with self.engine.begin() as connection:
            both = connection.execute(select(study.state, latest)).all()
        assert all(state == newest for state, newest in both)


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
