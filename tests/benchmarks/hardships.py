"""Cells in which reception is not alone: crowds, silence, inference, another database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Goal
from tests.benchmarks.load import resting_load
from tests.benchmarks.objects import DX, HALF, SMALL, Size
from tests.benchmarks.peers import installed, orthanc, pynetdicom, storescp
from tests.benchmarks.receiver import Receiver, Running
from tests.benchmarks.senders import Sender, prebuilt, storescu
from tests.benchmarks.trials import among_silent, crowd, held_open, memory, reception, trial
from tests.benchmarks.workshop import Workshop
from tests.builders.certificates import Authority, hello, modality
from tests.builders.postgresql import TEMPLATE, PostgreSQL

ALONE = "triage, 1 process"
CROWD = 100
HELD = 500
SILENT = 200
VISITS_AMONG_SILENT = 200


def hardship_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    yield _memory(workshop)
    yield _crowd(workshop)
    yield _held(workshop)
    yield _silent(workshop)
    yield _silent_tls(workshop)
    tuned, alone = storescu(tuned=True), prebuilt()
    yield _beside(workshop, "beside-dx", DX, sender=tuned, associations=4)
    yield _beside(workshop, "beside-small", SMALL, sender=alone, associations=1)
    yield _postgresql(workshop, "postgresql-dx", DX, sender=tuned, associations=1)
    yield _postgresql(workshop, "postgresql-small", SMALL, sender=alone, associations=1)


def _memory(workshop: Workshop) -> Cell:
    def line_up() -> Sequence[Contestant]:
        warming = workshop.shelf.files(SMALL, 16)
        script = memory(workshop.shelf.files(DX, 16), warming, associations=8)
        anchors = installed([storescp(tuned=True), orthanc(tuned=True), pynetdicom()])
        alone = workshop.product.with_processes(1).receiver(ALONE)
        return [trial(r, script) for r in (workshop.product.receiver(), alone, *anchors)]

    return Cell(
        name="memory",
        title=f"memory of all receiving processes, prebuilt sender, 8 x {DX.title}",
        line_up=lambda: nullcontext(line_up()),
        shown=("peak RSS MB", "peak PSS MB", "idle RSS MB", "growth per association MiB"),
        goals=(
            Goal("peak RSS MB", 80),
            Goal("peak RSS MB", 80, whose=ALONE),
            Goal("growth per association MiB", 1.5),
        ),
    )


def _crowd(workshop: Workshop) -> Cell:
    number = workshop.number(CROWD)

    def line_up() -> Sequence[Contestant]:
        script = crowd(workshop.shelf.files(HALF, number))
        anchors = installed([storescp(tuned=True), orthanc(tuned=True)])
        return [trial(r, script) for r in (workshop.product.receiver(), *anchors)]

    return Cell(
        name="crowd",
        title=f"{number} senders at the same moment, {HALF.title} each",
        line_up=lambda: nullcontext(line_up()),
        shown=("until all are served s", "served"),
        goals=(Goal("served", number), Goal("until all are served s", 0.5)),
    )


def _held(workshop: Workshop) -> Cell:
    number = workshop.number(HELD)

    def line_up() -> Sequence[Contestant]:
        script = held_open(workshop.shelf.files(SMALL, number))
        anchors = installed([storescp(tuned=True), orthanc(tuned=True)])
        return [trial(r, script) for r in (workshop.product.receiver(), *anchors)]

    return Cell(
        name="held",
        title=f"{number} associations open at once, then {SMALL.title} in each",
        line_up=lambda: nullcontext(line_up()),
        shown=("accepted", "served", "opening s", "held RSS MB", "held PSS MB"),
        goals=(Goal("accepted", number), Goal("served", number)),
    )


def _silent(workshop: Workshop) -> Cell:
    """Orthanc is left out: each silent connection keeps it from everybody for 30 s."""

    def line_up() -> Sequence[Contestant]:
        files = workshop.shelf.files(SMALL, workshop.number(VISITS_AMONG_SILENT))
        script = among_silent(files, silent=SILENT)
        anchors = installed([storescp(tuned=True)])
        return [trial(r, script) for r in (workshop.product.receiver(), *anchors)]

    return Cell(
        name="silent",
        title=f"associate, store {SMALL.title}, release, beside {SILENT} silent connections",
        line_up=lambda: nullcontext(line_up()),
        shown=("p99 ms", "p50 ms", "silent ones still open"),
        goals=(Goal("p99 ms", 20),),
    )


def _silent_tls(workshop: Workshop) -> Cell:
    """Each silent one has begun a handshake; storescp without TLS is no anchor here."""
    authority = Authority(workshop.folder / "authority")
    ours, theirs = authority.papers("127.0.0.1"), authority.papers("modality")
    begun = hello(modality(theirs, trusts=authority))

    def line_up() -> Sequence[Contestant]:
        files = workshop.shelf.files(SMALL, workshop.number(VISITS_AMONG_SILENT))
        half = begun[: len(begun) // 2]
        receiver = workshop.product.with_tls(ours).receiver()
        return [
            trial(receiver, among_silent(files, silent=SILENT, papers=theirs, said=half)),
            trial(
                receiver,
                among_silent(files, silent=0, papers=theirs),
                name="triage without silent ones",
            ),
        ]

    return Cell(
        name="silent-tls",
        title=f"the same over mutual TLS, beside {SILENT} handshakes that stopped half-way",
        line_up=lambda: nullcontext(line_up()),
        shown=("p99 ms", "p50 ms", "silent ones still open"),
        goals=(Goal("p99 ms", 20),),
    )


def _beside(
    workshop: Workshop, name: str, size: Size, *, sender: Sender, associations: int
) -> Cell:
    @contextmanager
    def line_up() -> Iterator[Sequence[Contestant]]:
        files = workshop.films(size, associations=associations)
        script = reception(sender, files, associations=associations)
        receivers = [workshop.product.receiver(), *installed([storescp(tuned=True)])]
        quiet = [trial(receiver, script) for receiver in receivers]
        with resting_load() as load:
            yield [*quiet, *map(load.beside, quiet)]

    return Cell(
        name=name,
        title=f"with and without inference on every core, {size.title}, {associations} at once",
        line_up=line_up,
        shown=_shown(size),
    )


def _postgresql(
    workshop: Workshop, name: str, size: Size, *, sender: Sender, associations: int
) -> Cell:
    @contextmanager
    def line_up() -> Iterator[Sequence[Contestant]]:
        files = workshop.films(size, associations=associations)
        script = reception(sender, files, associations=associations)
        with PostgreSQL.running() as server:
            server.run("ALTER SYSTEM SET fsync = on")  # unlike the tests' rows, these are durable
            server.run("SELECT pg_reload_conf()")
            yield [
                trial(workshop.product.receiver(), script),
                trial(_on_postgresql(workshop, server), script),
            ]

    return Cell(
        name=name,
        title=f"rows in SQLite or in PostgreSQL, {size.title}, {associations} at once",
        line_up=line_up,
        shown=_shown(size),
    )


def _on_postgresql(workshop: Workshop, server: PostgreSQL) -> Receiver:
    @contextmanager
    def start(folder: Path) -> Iterator[Running]:
        with server.copy(template=TEMPLATE) as url:
            receiver = workshop.product.receiver(database_url=url)
            with receiver.start(folder) as running:
                yield running

    return Receiver("triage on PostgreSQL", start)


def _shown(size: Size) -> tuple[str, ...]:
    return ("MB/s",) if size is DX else ("p50 ms", "p99 ms", "objects/s")
