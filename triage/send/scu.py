"""The Storage SCU: one stored object to one destination, and what each answer means."""

import socket
from pathlib import Path

from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, _config, build_context, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer

MAXIMUM_PDU_LENGTH = 131_072
WARNINGS = frozenset({0xB000, 0xB006, 0xB007})
"""Stored, with a remark (PS3.4 B.2.3)."""

ALREADY_THERE = 0x0111
"""Duplicate SOP instance (PS3.7 C.5.6): the same UID carries the same bytes, so it is there."""

DOES_NOT_MATCH = range(0xA900, 0xAA00)
"""The data set does not match its SOP class (PS3.4 B.2.3)."""

PARKED = frozenset({0x0117, 0x0119, 0x0122, 0x0124, 0x0210, 0x0212})
"""Invalid or conflicting UID, class not supported, not authorised, command not understood."""


def deliver(object_file: Path, peer: Peer, *, calling_ae_title: str, timeout_s: float) -> str:
    """Store one Part 10 object at a destination.

    Args:
        object_file: the encoded object; its bytes are sent as they are.
        peer: the destination.
        calling_ae_title: own AE title.
        timeout_s: for the connection, for each answer, and for silence on the line.

    Returns:
        The answer in words, such as ``0x0000``.

    Raises:
        DeliveryPostponed: the destination could not be reached, was out of resources, or
            went away; it may accept the object later.
        DeliveryParked: the destination refuses such an object.
    """
    meta = _meta_of(object_file)
    context = build_context(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)
    association = _associate(peer, context, calling_ae_title, timeout_s=timeout_s)
    try:
        return _judge(association.send_c_store(object_file).get("Status"), peer)
    except ValueError as error:  # pynetdicom: no accepted context for the class and syntax
        refused = f"{peer} accepts no {context.abstract_syntax} in {meta.TransferSyntaxUID}"
        raise DeliveryParked(refused) from error
    except RuntimeError as error:  # pynetdicom: the association ended before the request
        raise DeliveryPostponed(f"{peer} ended the association") from error
    finally:
        if association.is_established:
            association.release()


def _meta_of(object_file: Path) -> FileMetaDataset:
    try:
        return read_file_meta_info(object_file)
    except (OSError, InvalidDicomError) as error:
        raise DeliveryParked(f"the stored object cannot be read: {type(error).__name__}") from error


def _associate(
    peer: Peer, context: PresentationContext, calling_ae_title: str, *, timeout_s: float
) -> Association:
    _config.STORE_SEND_CHUNKED_DATASET = True  # the file's bytes, never encoded anew
    association = _application_entity(calling_ae_title, timeout_s=timeout_s).associate(
        peer.host,
        peer.port,
        [context],
        ae_title=peer.ae_title,
        max_pdu=MAXIMUM_PDU_LENGTH,
        evt_handlers=[(evt.EVT_CONN_OPEN, _without_delay)],
    )
    _check_established(association, peer)
    return association


def _application_entity(ae_title: str, *, timeout_s: float) -> AE:
    entity = AE(ae_title)
    entity.connection_timeout = timeout_s
    entity.acse_timeout = timeout_s
    entity.dimse_timeout = timeout_s
    entity.network_timeout = timeout_s
    return entity


def _without_delay(event: Event) -> None:
    """Nagle's algorithm and a delayed ACK cost 40 ms for each small write."""
    connection = event.assoc.dul.socket
    if connection is not None and connection.socket is not None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _check_established(association: Association, peer: Peer) -> None:
    if association.is_established:
        return
    if association.is_rejected:
        raise DeliveryPostponed(f"{peer} rejected the association")
    if association.acceptor.primitive is not None and not association.accepted_contexts:
        raise DeliveryParked(f"{peer} accepts no presentation context for this object")
    raise DeliveryPostponed(f"{peer} cannot be reached")


def _judge(status: int | None, peer: Peer) -> str:
    """Turn a C-STORE-RSP status into an answer (PS3.4 B.2.3, PS3.7 annex C)."""
    if status is None:
        raise DeliveryPostponed(f"{peer} did not answer")
    said = f"{status:#06x}"
    if status == 0 or status in WARNINGS or status == ALREADY_THERE:
        return said
    if status in PARKED or status in DOES_NOT_MATCH:
        raise DeliveryParked(f"{peer} answered {said}")
    raise DeliveryPostponed(f"{peer} answered {said}")
