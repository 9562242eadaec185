"""A night put together from the settings, against a real archive; and whose turn it is."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests.builders.archives import TODAY, Shot
from tests.builders.certificates import Authority, outward
from tests.builders.orthanc import running_orthanc
from tests.builders.sender import send
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from triage.daemon.nightshift import hold, night_of
from triage.database import runs, schema
from triage.database.engine import database_time
from triage.database.runs import Run
from triage.domain.errors import BusyError
from triage.domain.study import Peer
from triage.send.scu import deliver
from triage.settings import Settings, load_settings
from triage.spool import Spool

SHORT = timedelta(seconds=1)
STUDIES = 40


def silent(_: str) -> None:
    """Tell nobody."""


def held(engine: Engine, *, tell: Callable[[str], None] = silent, ttl: timedelta = SHORT) -> Run:
    return hold(engine, TODAY, stop=threading.Event(), tell=tell, ttl=ttl)


def test_a_persons_run_is_new_and_held(database: Engine) -> None:
    found = held(database)

    assert (found.day, found.until) == (TODAY, None)


def test_a_run_that_broke_off_is_gone_on_with_once_its_holder_is_known_to_be_dead(
    database: Engine,
) -> None:
    said: list[str] = []
    first = held(database)

    second = held(database, tell=said.append)

    assert second.id == first.id
    assert said == ["another run works through a worklist, or broke off a moment ago: waiting"]


def test_a_persons_run_goes_on_with_none_whose_window_has_passed(database: Engine) -> None:
    with database.begin() as connection:
        now = database_time(connection)
        late = runs.fire(connection, due_at=now - SHORT, day=TODAY, until=now)

    found = held(database)

    assert found.id != late
    assert found.until is None


def test_a_run_that_is_alive_is_not_taken_from_its_holder(database: Engine) -> None:
    first, over = held(database), threading.Event()

    def renew() -> None:
        while not over.wait(SHORT.total_seconds() / 5):
            with database.begin() as connection:
                runs.renew(connection, first, now=database_time(connection), ttl=SHORT)

    with ThreadPoolExecutor(1) as threads:
        renewal = threads.submit(renew)
        with pytest.raises(BusyError, match="another run works through a worklist"):
            held(database)
        over.set()
        renewal.result()


def test_who_is_stopped_waits_no_longer(database: Engine) -> None:
    held(database, ttl=timedelta(hours=1))
    stop = threading.Event()
    stop.set()

    with pytest.raises(BusyError):
        hold(database, TODAY, stop=stop, tell=silent, ttl=timedelta(hours=1))


def counted(engine: Engine) -> int:
    with engine.begin() as connection:
        return connection.scalar(select(func.count()).select_from(schema.instance)) or 0


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    return [Shot(f"2.25.{number + 1}").file(tmp_path) for number in range(STUDIES)]


def settings_for(peer: Peer, url: str, folder: Path, **more: str) -> Settings:
    return load_settings(
        None,
        environment={
            "TRIAGE_DATA__FOLDER": str(folder / "data"),
            "TRIAGE_DATABASE__URL": url,
            "TRIAGE_PACS__PORT": str(peer.port),
            "TRIAGE_PACS__TIMEOUT_S": "5",
            "TRIAGE_SPOOL__RESERVE_GB": "0",
            "TRIAGE_WORKLIST__METHOD": "get",
            "TRIAGE_WORKLIST__PARALLEL": "1",
            "TRIAGE_WORKLIST__STUDIES_PER_MINUTE": "1200",
            "TRIAGE_WORKLIST__FINISH_WITHIN_S": "0",
        }
        | more,
    )


@pytest.fixture
def pacs(tmp_path: Path) -> Iterator[tuple[ExitStack, Peer]]:
    """An archive that can be taken away."""
    with ExitStack() as running:
        yield running, running.enter_context(running_orthanc(tmp_path)).peer


@needs("Orthanc")
def test_an_archive_that_goes_away_in_the_middle_and_comes_back_is_pulled_from_to_the_end(
    database: Engine,
    database_url: str,
    tmp_path: Path,
    films: list[Path],
    pacs: tuple[ExitStack, Peer],
) -> None:
    running, peer = pacs
    send(films, peer)
    slowly = {"TRIAGE_WORKLIST__STUDIES_PER_MINUTE": "240"}  # Orthanc takes a moment to end
    settings = settings_for(peer, database_url, tmp_path, **slowly)
    ours = night_of(settings, database, stop=threading.Event(), patience_s=60.0)

    with ours as night, ThreadPoolExecutor(1) as threads:
        work = threads.submit(night.work, held(database, ttl=timedelta(seconds=30)))
        wait_until(lambda: counted(database) >= 5)
        running.close()
        before = counted(database)
        running.enter_context(running_orthanc(tmp_path, port=peer.port))
        found, _ = work.result(timeout=120)

    assert before < STUDIES
    assert (found.sums["expected"], found.sums["received"]) == (STUDIES, STUDIES)
    assert sum(1 for _ in Spool(settings.data.folder / "spool").digests(older_than_s=0)) == STUDIES


@needs("Orthanc")
def test_what_an_archive_sends_in_our_association_is_kept_as_at_the_door(
    database: Engine,
    database_url: str,
    tmp_path: Path,
    films: list[Path],
    pacs: tuple[ExitStack, Peer],
) -> None:
    _, peer = pacs
    send(films[:2], peer)
    settings = settings_for(peer, database_url, tmp_path)

    with night_of(settings, database, stop=threading.Event()) as night:
        night.work(held(database))

    with database.begin() as connection:
        visits = connection.execute(select(schema.association)).all()
        digests = set(connection.scalars(select(schema.instance.c.digest)))
    assert [(visit.calling_ae_title, visit.closed_at is not None) for visit in visits] == [
        ("PACS", True)
    ] * 2
    assert digests == set(Spool(settings.data.folder / "spool").digests(older_than_s=0))


@needs("Orthanc")
@pytest.mark.parametrize(("tls", "received"), [("true", 1), ("false", 0)])
def test_an_archive_that_speaks_tls_is_asked_and_pulled_from_where_the_settings_say_so(
    database: Engine, database_url: str, tmp_path: Path, tls: str, received: int
) -> None:
    hospital = Authority(tmp_path / "hospital")
    papers = hospital.papers("TRIAGE")
    film = Shot("2.25.1").file(tmp_path)
    with running_orthanc(tmp_path, tls=hospital.papers()) as orthanc:
        peer = orthanc.peer
        deliver(film, peer, calling_ae_title="TRIAGE", timeout_s=10.0, tls=outward(papers))
        speaking = {
            "TRIAGE_PACS__TLS": tls,
            "TRIAGE_TLS__CERTIFICATE": str(papers.certificate),
            "TRIAGE_TLS__KEY": str(papers.key),
            "TRIAGE_TLS__AUTHORITIES": str(papers.authorities),
        }
        settings = settings_for(peer, database_url, tmp_path, **speaking)
        with night_of(settings, database, stop=threading.Event(), patience_s=0.1) as night:
            found, _ = night.work(held(database))

    assert found.sums["received"] == received
