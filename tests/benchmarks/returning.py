"""The way back: stores in an association that is kept, to a storescp that is as it comes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import perf_counter

from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, build_context

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import PRODUCT, Figures, Goal, percentile
from tests.benchmarks.objects import HALF, SMALL, Size
from tests.benchmarks.peers import installed, storescp
from tests.benchmarks.receiver import BenchError
from tests.benchmarks.senders import storescu_with_a_log
from tests.benchmarks.workshop import Workshop
from triage.domain.study import Peer
from triage.send.destination import Destination

STORES = 200
STORES_AT_44_MS = 20
TIMEOUT_S = 10.0
GOALS = (Goal("p50 ms", 1), Goal("p50 ms", 40, "pynetdicom"))

Store = Callable[[Path], None]
Connect = Callable[[Peer, Sequence[Path]], AbstractContextManager[Store]]


def returning_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    yield _cell(workshop, "return-small", SMALL, goals=GOALS)
    yield _cell(workshop, "return-half", HALF)


def _cell(workshop: Workshop, name: str, size: Size, *, goals: tuple[Goal, ...] = ()) -> Cell:
    def line_up() -> Sequence[Contestant]:
        if not installed([storescp(tuned=False)]):
            raise BenchError("DCMTK's storescp is not here")
        many = workshop.shelf.files(size, workshop.number(STORES))
        few = many[: workshop.number(STORES_AT_44_MS, least=2)]
        return [
            Contestant(PRODUCT, partial(_take, connect=_courier, files=many)),
            Contestant("pynetdicom", partial(_take, connect=_pynetdicom, files=few)),
            Contestant("storescu", partial(_storescu, files=few, notes=workshop.folder)),
        ]

    return Cell(
        name=name,
        title=f"store {size.title} in a kept association, storescp as installed",
        line_up=lambda: nullcontext(line_up()),
        shown=("p50 ms", "p95 ms"),
        goals=goals,
    )


def _take(folder: Path, *, connect: Connect, files: Sequence[Path]) -> Figures:
    """Time each store from the file on the disk to the answer; the first one associates."""
    with storescp(tuned=False).start(folder) as running, connect(running.peer, files) as store:
        store(files[0])
        durations = [_timed(store, file) for file in files]
        if (kept := running.kept()) != len(files):
            raise BenchError(f"{len(files)} objects were sent, {kept} are kept")
    return _figures(durations)


def _storescu(folder: Path, *, files: Sequence[Path], notes: Path) -> Figures:
    """Take the times of its own log, from the request to the response."""
    with storescp(tuned=False).start(folder) as running:
        sent = storescu_with_a_log(notes)(running.peer, [files])
    return _figures(sent.durations_ms)


@contextmanager
def _courier(peer: Peer, _files: Sequence[Path]) -> Iterator[Store]:
    destination = Destination(peer, calling_ae_title="TRIAGE", timeout_s=TIMEOUT_S)

    def store(file: Path) -> None:
        if destination.store(file) != "0x0000":
            raise BenchError("the courier's store was not answered with success")

    yield store
    destination.close()


@contextmanager
def _pynetdicom(peer: Peer, files: Sequence[Path]) -> Iterator[Store]:
    meta = read_file_meta_info(files[0])
    context = build_context(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)
    association = AE("TX").associate(peer.host, peer.port, [context], ae_title=peer.ae_title)

    def store(file: Path) -> None:
        if association.send_c_store(file).get("Status") != 0x0000:
            raise BenchError("pynetdicom's store was not answered with success")

    yield store
    association.release()


def _timed(store: Store, file: Path) -> float:
    begin = perf_counter()
    store(file)
    return (perf_counter() - begin) * 1000


def _figures(durations_ms: Sequence[float]) -> Figures:
    return {f"p{part} ms": percentile(durations_ms, part / 100) for part in (50, 95)}
