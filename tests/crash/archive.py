"""A PACS in a process of its own, to be killed: it keeps files, and a line for each C-STORE."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from triage.send.query import STUDY_ROOT_FIND

TITLE = "PACS"


def store(event: Event, folder: Path) -> int:
    """Keep the object, write the line, then answer; a kill may come between any two."""
    assert isinstance(event.request, C_STORE)
    uid = str(event.request.AffectedSOPInstanceUID)
    kept = folder / uid
    with (folder / "journal").open("a", encoding="ascii") as journal:
        journal.write(f"{uid} {'again' if kept.exists() else 'first'}\n")
        journal.flush()
        unfinished = folder / f"{uid}.part"
        unfinished.write_bytes(event.encoded_dataset(include_meta=False))
        unfinished.rename(kept)
    return 0x0000


def find(event: Event, folder: Path) -> Iterator[tuple[int, Dataset | None]]:
    """Tell of the one instance that is asked for."""
    asked = event.identifier
    if (folder / str(asked.SOPInstanceUID)).exists():
        yield 0xFF00, asked


def main(port: int, folder: Path, *, queries: bool) -> None:
    """Serve until killed."""
    entity = AE(TITLE)
    entity.supported_contexts = AllStoragePresentationContexts
    handlers: list[Any] = [(evt.EVT_C_STORE, store, [folder])]
    if queries:
        entity.add_supported_context(STUDY_ROOT_FIND)
        handlers.append((evt.EVT_C_FIND, find, [folder]))
    entity.start_server(("127.0.0.1", port), block=True, evt_handlers=handlers)


@dataclass
class Archive:
    """The process, and what lies in its folder.

    It is forked from a server that has imported everything, so that it is back in a moment.
    """

    port: int
    folder: Path
    queries: bool
    processes: list[BaseProcess] = field(default_factory=list)

    def start(self) -> None:
        """Start the process."""
        context = get_context("forkserver")
        context.set_forkserver_preload(["pytest", __name__, "tests.crash.couriers"])
        served = {"queries": self.queries}
        process = context.Process(
            target=main, args=(self.port, self.folder), kwargs=served, daemon=True
        )
        process.start()
        self.processes.append(process)

    def kill(self) -> None:
        """Kill it with -9."""
        self.processes[-1].kill()
        self.processes[-1].join()

    @property
    def kept(self) -> set[str]:
        """The SOP Instance UIDs of all objects that it has."""
        return {file.name for file in self.folder.glob("2.25.*") if file.suffix != ".part"}

    @property
    def sent_again(self) -> Sequence[str]:
        """Each C-STORE of what was there already."""
        with suppress(FileNotFoundError):
            lines = (self.folder / "journal").read_text(encoding="ascii").splitlines()
            return [line.split()[0] for line in lines if line.endswith("again")]
        return []

    @property
    def stores(self) -> Counter[str]:
        """How often each object came."""
        lines = (self.folder / "journal").read_text(encoding="ascii").splitlines()
        return Counter(line.split()[0] for line in lines)
