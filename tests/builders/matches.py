"""A PACS that follows a script where it is queried or asked to send."""

import struct
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from pydicom import Dataset
from pynetdicom.dsutils import decode

from tests.builders.dataset import encoded
from tests.builders.pdus import message, store_rq
from tests.builders.scripted import Heard, Script, Talk
from triage.domain.study import Peer
from triage.send.pdu import Proposal
from triage.send.query import PROPOSAL
from triage.send.session import Session

PENDING = 0xFF00
Answer = Callable[[Talk, Heard], None]


def session_with(peer: Peer, *proposals: Proposal, timeout_s: float = 5.0) -> Session:
    """Be ready to ask a peer, for studies unless other contexts are proposed."""
    return Session(
        peer,
        calling_ae_title="TRIAGE",
        proposals=proposals or (PROPOSAL,),
        timeout_s=timeout_s,
    )


def keys_of(heard: Heard) -> Dataset:
    """Read the identifier of a request."""
    return decode(BytesIO(heard.data_set), is_implicit_vr=False, is_little_endian=True)


def match(**attributes: object) -> bytes:
    """Encode one match."""
    dataset = Dataset()
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return encoded(dataset)


def answering(answer: Answer) -> Script:
    """Accept, and answer every request so, until the requestor leaves."""

    def script(talk: Talk) -> None:
        talk.accept()
        while True:
            answer(talk, talk.hear())

    return script


def matching(
    levels: Mapping[str, Sequence[bytes]], *, statuses: Mapping[str, int] | None = None
) -> Answer:
    """Answer each level with its matches, and then with a status, success unless told."""

    def answer(talk: Talk, heard: Heard) -> None:
        level = str(keys_of(heard).get("QueryRetrieveLevel", "WORKLIST"))
        for one in levels.get(level, ()):
            talk.answer(heard, PENDING, one)
        talk.answer(heard, (statuses or {}).get(level, 0x0000))

    return answer


def operations(failed: int) -> dict[str, bytes]:
    """Say how many sub-operations failed."""
    return {"1022": struct.pack("<H", failed)}


def store_in(talk: Talk, context_id: int, dataset: Dataset) -> int:
    """Store an object in the association of the requestor; return the status of its answer."""
    command = store_rq(str(dataset.SOPClassUID), str(dataset.SOPInstanceUID))
    talk.say(message(command, encoded(dataset), context_id=context_id))
    return int.from_bytes(talk.hear().command[0x0900], "little")
