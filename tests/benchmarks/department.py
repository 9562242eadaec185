"""A department that stores films at a fixed rate, each as a study in an association of its own.

Whether a store takes long or not, the next one begins when its moment has come.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tests.benchmarks.objects import sop_instance_uid, study_instance_uid
from tests.benchmarks.receiver import BenchError
from tests.benchmarks.wire import Association, Store, maximum_length_of
from triage.domain.study import Peer

FIRST_SERIAL = 1_000


class Department:
    """Has few films in memory and sends them again and again under new names.

    Args:
        peer: who is sent to.
        films: files of which the n-th has the serial number n, as ``film_object`` names them.
    """

    def __init__(self, peer: Peer, films: Sequence[Path]) -> None:
        self._peer = peer
        length = maximum_length_of(peer)
        self._films = [Store.of(film, message_id=1, maximum_length=length) for film in films]
        self._next = FIRST_SERIAL

    def send(self, turns: Sequence[int], *, per_s: float) -> dict[str, float]:
        """Store films by their numbers, and return how many seconds each study's store took.

        Raises:
            BenchError: a film was not stored.
        """
        stored: dict[str, float] = {}
        begin, pause, visits = monotonic(), threading.Event(), []
        for turn, film in enumerate(turns):
            serial, self._next = self._next, self._next + 1
            visit = threading.Thread(target=self._visit, args=(film, serial, stored))
            pause.wait(max(0.0, begin + turn / per_s - monotonic()))
            visit.start()
            visits.append(visit)
        for visit in visits:
            visit.join()
        if len(stored) != len(turns):
            raise BenchError(f"{len(turns)} films were sent, {len(stored)} were stored")
        return stored

    def _visit(self, film: int, serial: int, stored: dict[str, float]) -> None:
        study = study_instance_uid(serial)
        store = self._films[film].renamed(
            {study_instance_uid(film): study, sop_instance_uid(film): sop_instance_uid(serial)}
        )
        with suppress(BenchError, OSError):  # the count of what was stored tells
            association = Association(self._peer)
            begin = monotonic()
            if association.store(store) == 0:
                stored[study] = monotonic() - begin
            association.release()
