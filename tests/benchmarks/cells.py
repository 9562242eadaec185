"""Cells of plain reception: sizes, associations, and three senders."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Goal
from tests.benchmarks.objects import CR, DX, HALF, SMALL, Size
from tests.benchmarks.peers import installed, orthanc, pynetdicom, storescp
from tests.benchmarks.physical import physical_limit
from tests.benchmarks.receiver import Receiver
from tests.benchmarks.senders import prebuilt, storescu, storescu_with_a_log
from tests.benchmarks.trials import Script, copying, reception, trial
from tests.benchmarks.workshop import Workshop

SPEED = ("MB/s", "objects/s")
LATENCY = ("p50 ms", "p95 ms", "p99 ms")
OBJECTS_AT_88_MS = 20
FILMS_AT_88_MS = 12

GOALS: dict[tuple[Size, int], tuple[Goal, ...]] = {
    (DX, 1): (
        Goal("MB/s", 6, "orthanc"),
        Goal("MB/s", 0.85, "storescp"),
        Goal("MB/s", 8, "pynetdicom"),
    ),
    (DX, 4): (
        Goal("MB/s", 4.5, "orthanc"),
        Goal("MB/s", 1.0, "storescp"),
        Goal("MB/s", 12, "pynetdicom"),
    ),
    (DX, 8): (
        Goal("MB/s", 4, "orthanc"),
        Goal("MB/s", 1.0, "storescp"),
        Goal("MB/s", 12, "pynetdicom"),
    ),
    (SMALL, 1): (Goal("objects/s", 3, "orthanc"), Goal("objects/s", 0.7, "storescp")),
}
UNTUNED_GOALS = (Goal("objects/s", 70, "storescp"), Goal("objects/s", 70, "orthanc"))


def reception_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    for size in (DX, CR, HALF, SMALL):
        for associations in (1, 4, 8):
            yield _tuned(workshop, size, associations)
    for associations in (1, 8):
        yield _prebuilt_films(workshop, associations)
    yield _prebuilt_small(workshop)
    yield _untuned_small(workshop)
    yield _untuned_films(workshop)
    yield _visit(workshop)


def _tuned(workshop: Workshop, size: Size, associations: int) -> Cell:
    def line_up() -> Sequence[Contestant]:
        files = workshop.films(size, associations=associations)
        script = reception(storescu(tuned=True), files, associations=associations)
        slow = [pynetdicom()] if size is DX or associations == 1 else []
        return _all(workshop, _anchors(tuned=True) + slow, script)

    return Cell(
        name=f"{size.name}-{associations}",
        title=f"storescu tuned, {size.title}, {_plural(associations)}",
        line_up=lambda: nullcontext(line_up()),
        shown=SPEED if size in {DX, CR} else SPEED[::-1],
        goals=GOALS.get((size, associations), ()),
    )


def _prebuilt_films(workshop: Workshop, associations: int) -> Cell:
    def line_up() -> Sequence[Contestant]:
        files = workshop.films(DX, associations=associations)
        script = reception(prebuilt(), files, associations=associations)
        limit = trial(physical_limit(), copying(files, associations=associations))
        return [*_all(workshop, _anchors(tuned=True), script), limit]

    return Cell(
        name=f"prebuilt-dx-{associations}",
        title=f"prebuilt sender, {DX.title}, {_plural(associations)}",
        line_up=lambda: nullcontext(line_up()),
        shown=("MB/s", "p50 ms"),
        goals=(Goal("MB/s", 0.85, "copy+fsync"),),
    )


def _prebuilt_small(workshop: Workshop) -> Cell:
    def line_up() -> Sequence[Contestant]:
        script = reception(prebuilt(), workshop.films(SMALL))
        return _all(workshop, [*_anchors(tuned=True), pynetdicom()], script)

    return Cell(
        name="prebuilt-small-1",
        title=f"prebuilt sender, {SMALL.title}, 1 association, time of each store",
        line_up=lambda: nullcontext(line_up()),
        shown=(*LATENCY, "objects/s"),
    )


def _untuned_small(workshop: Workshop) -> Cell:
    def line_up() -> Sequence[Contestant]:
        sender = storescu_with_a_log(workshop.folder)
        few = workshop.shelf.files(SMALL, workshop.number(OBJECTS_AT_88_MS))
        product = trial(workshop.product.receiver(), reception(sender, workshop.films(SMALL)))
        anchors = installed([*_anchors(tuned=False), pynetdicom()])
        return [product, *(trial(anchor, reception(sender, few)) for anchor in anchors)]

    return Cell(
        name="untuned-small",
        title=f"everything as installed: storescu, {SMALL.title}, 1 association",
        line_up=lambda: nullcontext(line_up()),
        shown=("objects/s", *LATENCY),
        goals=(*UNTUNED_GOALS, Goal("p95 ms", 2)),
    )


def _untuned_films(workshop: Workshop) -> Cell:
    def line_up() -> Sequence[Contestant]:
        files = workshop.shelf.files(DX, workshop.number(FILMS_AT_88_MS))
        script = reception(storescu(tuned=False), files)
        return _all(workshop, [*_anchors(tuned=False), pynetdicom()], script)

    return Cell(
        name="untuned-dx",
        title=f"everything as installed: storescu, {DX.title}, 1 association",
        line_up=lambda: nullcontext(line_up()),
        shown=SPEED,
        goals=(Goal("MB/s", 6, "storescp"), Goal("MB/s", 6, "orthanc")),
    )


def _visit(workshop: Workshop) -> Cell:
    def line_up() -> Sequence[Contestant]:
        script = reception(prebuilt("visits"), workshop.shelf.files(SMALL, workshop.number(100)))
        return _all(workshop, [*_anchors(tuned=True), pynetdicom()], script)

    return Cell(
        name="visit",
        title=f"associate, store {SMALL.title}, release",
        line_up=lambda: nullcontext(line_up()),
        shown=LATENCY[:2],
        goals=(
            Goal("p50 ms", 1.2),
            Goal("p50 ms", 1.6, "orthanc"),
            Goal("p50 ms", 45, "pynetdicom"),
        ),
    )


def _anchors(*, tuned: bool) -> list[Receiver]:
    return [storescp(tuned=tuned), orthanc(tuned=tuned)]


def _all(workshop: Workshop, anchors: Sequence[Receiver], script: Script) -> list[Contestant]:
    receivers = [workshop.product.receiver(), *installed(anchors)]
    return [trial(receiver, script) for receiver in receivers]


def _plural(associations: int) -> str:
    return "1 association" if associations == 1 else f"{associations} associations"
