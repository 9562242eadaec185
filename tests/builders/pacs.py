"""A PACS on loopback: stores what it gets, and answers what it is told to."""

import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event

from triage.domain.study import Peer
from triage.send.query import STUDY_ROOT_FIND


@dataclass
class Pacs:
    """What a stand-in PACS has received, in the order in which it came."""

    answer: Callable[[], int] = lambda: 0x0000
    received: list[bytes] = field(default_factory=list)
    peer: Peer = field(default_factory=lambda: Peer("PACS", "127.0.0.1", 0))

    @property
    def objects(self) -> list[Dataset]:
        return [dcmread(BytesIO(encoded)) for encoded in self.received]

    @property
    def times_received(self) -> Counter[str]:
        return Counter(str(found.SOPInstanceUID) for found in self.objects)

    def store(self, event: Event) -> int:
        status = self.answer()
        if status == 0:
            # A listener in the same process lets pynetdicom receive into files.
            file = event.dataset_path
            self.received.append(file.read_bytes() if file else event.encoded_dataset())
        return status

    def find(self, event: Event) -> Iterator[tuple[int, Dataset | None]]:
        """Tell of the one instance that is asked for."""
        if str(event.identifier.SOPInstanceUID) in self.times_received:
            yield 0xFF00, event.identifier


@contextmanager
def running_pacs(
    *,
    port: int = 0,
    pacs: Pacs | None = None,
    tls: ssl.SSLContext | None = None,
    queries: bool = False,
) -> Iterator[Pacs]:
    """Run a stand-in PACS on a free port, or on the port that it had before."""
    pacs = pacs or Pacs()
    entity = AE("PACS")
    entity.supported_contexts = AllStoragePresentationContexts
    entity.maximum_associations = 50
    handlers: list[Any] = [(evt.EVT_C_STORE, pacs.store)]
    if queries:
        entity.add_supported_context(STUDY_ROOT_FIND)
        handlers.append((evt.EVT_C_FIND, pacs.find))
    server = entity.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=handlers, ssl_context=tls
    )
    assert server is not None
    pacs.peer = Peer("PACS", "127.0.0.1", server.server_address[1])
    try:
        yield pacs
    finally:
        entity.shutdown()
