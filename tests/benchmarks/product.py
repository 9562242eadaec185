"""The product as a receiver: its listener processes alone, on a fresh data folder."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy import text

from tests.benchmarks.receiver import BenchError, Receiver, Running
from tests.builders.certificates import Papers
from triage.database.engine import open_engine
from triage.database.migrate import upgrade
from triage.domain.study import Peer
from triage.settings import Settings, load_settings, to_json
from triage.spool import private_folder

END_S = 30.0


@dataclass(frozen=True, slots=True)
class Product:
    """How the product is started.

    Args:
        empty: a migrated SQLite file that each data folder begins with.
        options: further settings as ``TRIAGE_SECTION__KEY``.
        profiles: where each listener process leaves what its sampler saw, if anywhere.
    """

    empty: Path
    options: dict[str, str] = field(default_factory=dict)
    profiles: Path | None = None

    def with_processes(self, number: int) -> "Product":
        """Return the product with so many listener processes."""
        return replace(self, options={**self.options, "TRIAGE_LISTENER__PROCESSES": str(number)})

    def with_tls(self, papers: Papers) -> "Product":
        """Return the product with a certificate."""
        tls = {
            "TRIAGE_TLS__CERTIFICATE": str(papers.certificate),
            "TRIAGE_TLS__KEY": str(papers.key),
            "TRIAGE_TLS__AUTHORITIES": str(papers.authorities),
        }
        return replace(self, options={**self.options, **tls})

    def receiver(self, name: str = "triage", *, database_url: str | None = None) -> Receiver:
        """Return the receiver; a ``database_url`` names an empty migrated database."""
        return Receiver(name, partial(_running, product=self, database_url=database_url))


def migrated_sqlite(file: Path) -> Path:
    """Make an empty database of this program's schema."""
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()  # the last connection folds the write-ahead log into the file
    return file


@contextlib.contextmanager
def _running(folder: Path, *, product: Product, database_url: str | None) -> Iterator[Running]:
    settings = _settings(folder / "data", product, database_url)
    private_folder(settings.data.folder)
    if database_url is None:
        shutil.copy(product.empty, settings.data.folder / "triage.sqlite3")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.door"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment_of(product),
        ) as door,
    ):
        try:
            yield _started(door, settings, log=folder / "log")
        finally:
            if door.stdin is not None:
                door.stdin.close()  # the listeners drain and end
            with contextlib.suppress(subprocess.TimeoutExpired):
                door.wait(END_S)
            door.kill()


def _started(door: "subprocess.Popen[bytes]", settings: Settings, *, log: Path) -> Running:
    assert door.stdin is not None
    assert door.stdout is not None
    door.stdin.write(to_json(settings).encode() + b"\n")
    door.stdin.flush()
    line = door.stdout.readline()
    if not line:
        raise BenchError(f"the listeners did not start: {_last_line(log)}")
    facts = json.loads(line)
    peer = Peer(settings.listener.ae_title, "127.0.0.1", int(facts["port"]))
    pids = [int(pid) for pid in facts["pids"]]
    return Running(peer, lambda: pids, lambda: _kept(settings))


def _last_line(log: Path) -> str:
    return (log.read_text(encoding="utf-8").splitlines() or ["they said nothing"])[-1]


def _settings(folder: Path, product: Product, database_url: str | None) -> Settings:
    chosen = {"TRIAGE_DATA__FOLDER": str(folder), "TRIAGE_LISTENER__PORT": "0", **product.options}
    if database_url is not None:
        chosen["TRIAGE_DATABASE__URL"] = database_url
    return load_settings(None, environment=chosen)


def environment_of(product: Product) -> dict[str, str]:
    """With a sampler, ``sitecustomize`` starts it in each Python that is started."""
    if product.profiles is None:
        return dict(os.environ)
    path = os.pathsep.join([str(Path(__file__).parent / "sampler"), str(Path.cwd())])
    return {**os.environ, "PYTHONPATH": path, "BENCH_PROFILES": str(product.profiles)}


def _kept(settings: Settings) -> int:
    """Count what has both a row and a file."""
    engine = open_engine(settings.database_url)
    with engine.begin() as connection:
        rows = int(connection.execute(text("SELECT count(*) FROM instance")).scalar_one())
    engine.dispose()
    files = sum(1 for _ in (settings.data.folder / "spool").rglob("*.dcm"))
    if rows != files:
        raise BenchError(f"the product has {rows} rows and {files} files")
    return rows
