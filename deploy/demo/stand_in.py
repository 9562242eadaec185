"""A stand-in for a PACS: it keeps what it gets, and nothing else."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.events import Event

from deploy.demo.failure import DemoFailed
from deploy.demo.pacs import Pacs
from triage.domain.study import Peer

HOST = "127.0.0.1"
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700


class StandIn:
    """A Storage SCP that writes each instance into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        entity = AE("PACS")
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
        server = entity.start_server(
            (HOST, 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )
        if server is None:
            raise DemoFailed("the stand-in for a PACS does not listen")
        self._server = server

    @property
    def peer(self) -> Peer:
        """Where it listens."""
        return Peer("PACS", HOST, int(self._server.server_address[1]))

    def fetch(self, sop_instance_uid: str) -> bytes | None:
        """Return an instance as it came."""
        path = self._path(sop_instance_uid)
        return path.read_bytes() if path.exists() else None

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()

    def _store(self, event: Event) -> int:
        try:
            path = self._path(str(event.file_meta.MediaStorageSOPInstanceUID))
            path.write_bytes(event.encoded_dataset())
        except OSError:
            return OUT_OF_RESOURCES
        return SUCCESS

    def _path(self, sop_instance_uid: str) -> Path:
        # The name is a digest: what a peer sends never becomes part of a path.
        return self._folder / hashlib.sha256(sop_instance_uid.encode()).hexdigest()


@contextmanager
def running_stand_in(folder: Path) -> Iterator[Pacs]:
    """Run the stand-in until the block ends."""
    stand_in = StandIn(folder)
    try:
        yield stand_in
    finally:
        stand_in.close()
