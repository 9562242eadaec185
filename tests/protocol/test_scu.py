"""What each answer of a PACS means, from real peers on loopback."""

import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Signal

import pytest
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.status import GENERAL_STATUS, STORAGE_SERVICE_CLASS_STATUS

from tests.builders.closing import close_meanwhile
from tests.builders.dataset import CR, encoded, film_dataset, part10
from tests.builders.studies import EXPLICIT, FILM
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer
from triage.send.scu import deliver, meaning

CT = "1.2.840.10008.5.1.4.1.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

Answer = Callable[[Event], int]


@contextmanager
def answering(
    answer: Answer,
    *,
    sop_class_uid: str = CR,
    transfer_syntax_uid: str = EXPLICIT,
    calling_ae_titles: Sequence[str] = (),
) -> Iterator[Peer]:
    """Run a PACS that answers each C-STORE as it is told."""
    entity = AE("PACS")
    entity.require_calling_aet = list(calling_ae_titles)
    entity.add_supported_context(sop_class_uid, transfer_syntax_uid)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, answer)]
    )
    assert server is not None
    try:
        yield Peer("PACS", "127.0.0.1", int(server.server_address[1]))
    finally:
        close_meanwhile(entity.shutdown)


def send(file: Path, peer: Peer, *, timeout_s: float = 5.0) -> str:
    return deliver(file, peer, calling_ae_title="TRIAGE", timeout_s=timeout_s)


def abort(event: Event) -> int:
    event.assoc.abort()
    return 0x0000


def keep(event: Event, arrived: list[C_STORE]) -> int:
    assert isinstance(event.request, C_STORE)
    arrived.append(event.request)
    return 0x0000


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return part10(tmp_path, encoded(film_dataset()))


STORED = [0x0000, 0x0001, 0x0107, 0x0111, 0x0116, 0xB000, 0xB006, 0xB007, 0xB123]
LATER = [0xA700, 0xA701, 0xA7FF, 0x0110, 0x0210, 0x0213, 0xFE00, 0x0002, 0xD000]
NEVER = [
    *(0xA900, 0xA9FF, 0xC000, 0xC211, 0xCFFF, 0x0105, 0x0106, 0x0112, 0x0113, 0x0114, 0x0115),
    *(0x0117, 0x0118, 0x0119, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0211, 0x0212, 0xA800),
]


@pytest.mark.parametrize("status", STORED)
def test_a_stored_capture_is_delivered(capture: Path, status: int) -> None:
    with answering(lambda _: status) as peer:
        answer = send(capture, peer)

    assert answer == f"{status:#06x}"


@pytest.mark.parametrize("status", LATER)
def test_a_pacs_in_trouble_may_accept_the_capture_later(capture: Path, status: int) -> None:
    with (
        answering(lambda _: status) as peer,
        pytest.raises(DeliveryPostponed, match=f"answered {status:#06x}") as postponed,
    ):
        send(capture, peer)

    assert not postponed.value.in_doubt


@pytest.mark.parametrize("status", NEVER)
def test_a_capture_that_a_pacs_refuses_is_parked(capture: Path, status: int) -> None:
    with (
        answering(lambda _: status) as peer,
        pytest.raises(DeliveryParked, match=f"answered {status:#06x}"),
    ):
        send(capture, peer)


def test_every_status_that_the_standard_knows_is_in_the_table() -> None:
    known = {*STORAGE_SERVICE_CLASS_STATUS, *GENERAL_STATUS}

    unknown = {code for code in known if meaning(code).words == "unknown status"}

    assert unknown == set()


def test_a_table_without_a_status_would_be_noticed() -> None:
    assert meaning(0xD000).words == "unknown status"


def test_the_bytes_that_arrive_are_the_files_data_set(capture: Path) -> None:
    arrived: list[C_STORE] = []

    with answering(lambda event: keep(event, arrived)) as peer:
        send(capture, peer)

    (request,) = arrived
    assert request.DataSet is not None
    assert request.DataSet.getvalue() == encoded(film_dataset())


def test_the_command_names_the_instance_of_the_file(capture: Path) -> None:
    arrived: list[C_STORE] = []

    with answering(lambda event: keep(event, arrived)) as peer:
        send(capture, peer)

    assert [request.AffectedSOPInstanceUID for request in arrived] == [FILM]


def test_a_pacs_that_does_not_answer_is_tried_later(capture: Path) -> None:
    asked_no_more = Signal()

    def wait(_: Event) -> int:
        asked_no_more.wait(10)
        return 0x0000

    with answering(wait) as peer:
        with pytest.raises(DeliveryPostponed, match="did not answer"):
            send(capture, peer, timeout_s=0.5)
        asked_no_more.set()


def test_a_pacs_that_aborts_is_tried_later(capture: Path) -> None:
    with answering(abort) as peer, pytest.raises(DeliveryPostponed):
        send(capture, peer)


def test_a_pacs_that_is_down_is_tried_later(capture: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(DeliveryPostponed, match="cannot be reached"):
        send(capture, Peer("PACS", "127.0.0.1", port))


def test_a_pacs_that_says_nothing_at_all_is_tried_later(capture: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        peer = Peer("PACS", "127.0.0.1", mute.getsockname()[1])

        with pytest.raises(DeliveryPostponed, match="did not answer in time"):
            send(capture, peer, timeout_s=0.5)


def test_a_pacs_that_hangs_up_is_tried_later(capture: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude, ThreadPoolExecutor(1) as pool:
        peer = Peer("PACS", "127.0.0.1", rude.getsockname()[1])
        hung_up = pool.submit(rude.accept)
        hung_up.add_done_callback(lambda accepted: accepted.result()[0].close())

        with pytest.raises(DeliveryPostponed):
            send(capture, peer)


def test_a_pacs_that_rejects_the_association_is_tried_later(capture: Path) -> None:
    with (
        answering(lambda _: 0x0000, calling_ae_titles=["SOMEBODY"]) as peer,
        pytest.raises(DeliveryPostponed, match="rejected the association"),
    ):
        send(capture, peer)


def test_a_capture_whose_class_nobody_accepts_is_parked(capture: Path) -> None:
    with (
        answering(lambda _: 0x0000, sop_class_uid=CT) as peer,
        pytest.raises(DeliveryParked, match="accepts no presentation context"),
    ):
        send(capture, peer)


def test_a_capture_whose_syntax_nobody_accepts_is_parked(capture: Path) -> None:
    with (
        answering(lambda _: 0x0000, transfer_syntax_uid=BIG_ENDIAN) as peer,
        pytest.raises(DeliveryParked, match="accepts no presentation context"),
    ):
        send(capture, peer)


def test_a_capture_that_has_gone_is_parked(tmp_path: Path) -> None:
    with pytest.raises(DeliveryParked, match="cannot be read: FileNotFoundError"):
        send(tmp_path / "gone.dcm", Peer("PACS", "127.0.0.1", 104))


def test_a_capture_that_is_no_part_10_file_is_parked(tmp_path: Path) -> None:
    file = tmp_path / "capture.dcm"
    file.write_bytes(b"no preamble")

    with pytest.raises(DeliveryParked, match="cannot be read"):
        send(file, Peer("PACS", "127.0.0.1", 104))


def test_the_reason_names_the_peer_and_no_patient(capture: Path) -> None:
    with answering(lambda _: 0x0122) as peer, pytest.raises(DeliveryParked) as refusal:
        send(capture, peer)

    assert str(refusal.value) == f"{peer} answered 0x0122: SOP class not supported"
