"""The two demonstrations: some films one by one, and a load."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from sqlalchemy import Engine

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
class Stage:
    """Everything that runs during a demonstration."""

    daemon: Daemon
    engine: Engine
    pacs: Pacs
    console: Console
    out: Path


def show_films(
    given: Sequence[SentFilm], pacs: Pacs, *, folder: Path, out: Path, console: Console
) -> list[str]:
    """Send the samples and the given films, print the table, and return what went wrong."""
    films = list(named_apart([*sample_films(folder / "samples"), *given]))
    with _staged(pacs, folder=folder, out=out, console=console) as stage:
        refused = _send_to_pacs(stage, films)
        taken, turned_away = _send(stage, films)
        found = list(outcomes(stage.engine, taken, _wait(stage, taken)))
        problems = [p for outcome in found for p in problems_of(outcome, pacs)]
        console.print(table_of(found))
        _tell_captures(console, found, save_captures(found, pacs, out), out)
    return [*refused, *turned_away, *problems]


def show_load(
    load: Load, count: int, pacs: Pacs, *, folder: Path, out: Path, console: Console
) -> list[str]:
    """Send many studies, print how long they took, and return what went wrong."""
    samples = sample_films(folder / "samples")
    films = variations(samples, folder / "load", count=count)
    with _staged(pacs, folder=folder, out=out, console=console) as stage:
        refused = _send_to_pacs(stage, films)
        taken, turned_away = _send(stage, films, load=load)
        ends = _wait(stage, taken)
        found = list(outcomes(stage.engine, taken, ends))
        problems = [p for outcome in found for p in problems_of(outcome, pacs)]
    if (summary := summarise(ends)) is not None:
        console.print("\n".join(summary.lines()))
    return [*refused, *turned_away, *problems]


@contextmanager
def _staged(pacs: Pacs, *, folder: Path, out: Path, console: Console) -> Iterator[Stage]:
    console.print(f"PACS: {pacs.peer}")
    with running_daemon(folder / "data", pacs=pacs.peer, log=out / "daemon.log") as daemon:
        console.print(f"daemon: {daemon.ready_line}")
        engine = existing_engine(daemon.database_url)
        try:
            yield Stage(daemon, engine, pacs, console, out)
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


def _tell_captures(console: Console, found: Sequence[Outcome], saved: int, out: Path) -> None:
    if any(outcome.flagged for outcome in found):
        console.print(f"{saved} captures came back, as DICOM and PNG in {out}/")
    else:
        console.print("no film was flagged, so no capture was returned")
