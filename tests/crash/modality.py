"""A modality that stores new studies all the time and writes down every answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import generate_uid

from tests.builders.sender import send
from triage.domain.study import Peer

PAUSE_S = 0.4


@dataclass
class Journal:
    """What was acknowledged with 0x0000, and how many sends were not."""

    acknowledged: list[str] = field(default_factory=list)
    failed: int = 0


@contextmanager
def storing_all_the_time(films: list[Path], peer: Peer, *, folder: Path) -> Iterator[Journal]:
    """Store copies of films as new studies, one after the other, until the block ends."""
    journal, stop = Journal(), threading.Event()
    thread = threading.Thread(target=_store, args=(films, peer, folder, journal, stop))
    thread.start()
    try:
        yield journal
    finally:
        stop.set()
        thread.join()


def _store(
    films: list[Path], peer: Peer, folder: Path, journal: Journal, stop: threading.Event
) -> None:
    number = 0
    while not stop.wait(PAUSE_S):
        film = _new_study(films[number % len(films)], folder / f"{number}.dcm")
        number += 1
        if send([film], peer) == [0x0000]:
            journal.acknowledged.append(str(dcmread(film).SOPInstanceUID))
        else:
            journal.failed += 1


def _new_study(film: Path, to: Path) -> Path:
    dataset = dcmread(film)
    dataset.SOPInstanceUID = generate_uid(prefix="2.25.")
    dataset.StudyInstanceUID = generate_uid(prefix="2.25.")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(to)
    return to
