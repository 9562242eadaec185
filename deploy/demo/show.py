"""The two demonstrations: some films one by one, and a load."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from sqlalchemy import Engine

from deploy.demo.bundle import bundle_that_flags_all
from deploy.demo.check import problems_of, save_captures
from deploy.demo.daemon import Daemon, running_daemon
from deploy.demo.films import SentFilm, named_apart, sample_films, studies_of, variations
from deploy.demo.load import Load, paced, summarise
from deploy.demo.outcome import Outcome, outcomes, wait_for_ends
from deploy.demo.pacs import Pacs
from deploy.demo.table import table_of
from triage.database.engine import existing_engine
from triage.database.timeline import Turnround
from triage.domain.errors import DeliveryError
from triage.domain.study import Peer
from triage.send.scu import deliver

AE_TITLE = "MODALITY"
TIMEOUT_S = 30.0
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a demonstration happens.

    Args:
        pacs: what results come back to.
        folder: for everything that is gone at the end.
        out: for what is left.
        console: to print on.
        return_all: every assessed film is flagged, so that its way back is seen.
    """

    pacs: Pacs
    folder: Path
    out: Path
    console: Console
    return_all: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs during a demonstration."""

    daemon: Daemon
    engine: Engine
    pacs: Pacs
    console: Console


def show_films(given: Sequence[SentFilm], place: Place) -> list[str]:
    """Send the samples and the given films, print the table, and return what went wrong."""
    films = list(named_apart([*sample_films(place.folder / "samples"), *given]))
    with _staged(place) as stage:
        refused = _send_to_pacs(stage, films)
        taken, turned_away = _send(stage, films)
        found = list(outcomes(stage.engine, taken, _wait(stage, taken)))
        problems = [p for outcome in found for p in problems_of(outcome, place.pacs)]
        place.console.print(table_of(found))
        _tell_captures(place, found, save_captures(found, place.pacs, place.out))
    return [*refused, *turned_away, *problems]


def show_load(load: Load, count: int, place: Place) -> list[str]:
    """Send many studies, print how long they took, and return what went wrong."""
    samples = sample_films(place.folder / "samples")
    films = variations(samples, place.folder / "load", count=count)
    with _staged(place) as stage:
        refused = _send_to_pacs(stage, films)
        taken, turned_away = _send(stage, films, load=load)
        ends = _wait(stage, taken)
        found = list(outcomes(stage.engine, taken, ends))
        problems = [p for outcome in found for p in problems_of(outcome, place.pacs)]
    if (summary := summarise(ends)) is not None:
        place.console.print("\n".join(summary.lines()))
    return [*refused, *turned_away, *problems]


@contextmanager
def _staged(place: Place) -> Iterator[Stage]:
    pacs, console = place.pacs, place.console
    bundle = None
    if place.return_all:
        bundle = bundle_that_flags_all(place.folder / "bundle")
        console.print("thresholds: 0, so that every assessed film comes back (RETURN=all)")
    log = place.out / "daemon.log"
    with running_daemon(place.folder / "data", pacs=pacs.peer, bundle=bundle, log=log) as daemon:
        console.print(f"daemon: {daemon.ready_line}")
        engine = existing_engine(daemon.database_url)
        try:
            yield Stage(daemon, engine, pacs, console)
        finally:
            engine.dispose()


def _send_to_pacs(stage: Stage, films: Sequence[SentFilm]) -> list[str]:
    """Store the films where the captures must join them."""
    return [said for film in films if (said := _store(film, stage.pacs.peer))]


def _send(
    stage: Stage, films: Sequence[SentFilm], load: Load = Load.BURST
) -> tuple[list[SentFilm], list[str]]:
    """Send to the daemon study by study; return what it took, and why not the rest."""
    studies = studies_of(films)
    answers = {
        film: _store(film, stage.daemon.peer)
        for number in paced(len(studies), load)
        for film in studies[number]
    }
    taken = [film for film, said in answers.items() if not said]
    stage.console.print(f"sent {len(taken)} films of {len(studies_of(taken))} studies")
    return taken, [said for said in answers.values() if said]


def _store(film: SentFilm, peer: Peer) -> str:
    """Send one film; return why it was not taken, or nothing."""
    try:
        deliver(film.path, peer, calling_ae_title=AE_TITLE, timeout_s=TIMEOUT_S)
    except DeliveryError as error:
        return f"{film.name}: {error}"
    return ""


def _wait(stage: Stage, films: Sequence[SentFilm]) -> list[Turnround]:
    studies = {film.study_uid for film in films}
    with stage.console.status("waiting for the studies") as status:
        return wait_for_ends(
            stage.engine,
            studies,
            patience_s=PATIENCE_S,
            tell=lambda ended: status.update(f"{ended} of {len(studies)} studies have ended"),
        )


def _tell_captures(place: Place, found: Sequence[Outcome], saved: int) -> None:
    if any(outcome.flagged for outcome in found):
        place.console.print(f"{saved} captures came back, as DICOM and PNG in {place.out}/")
    else:
        place.console.print("no film was flagged, so no capture was returned")
