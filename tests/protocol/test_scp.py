"""What the listener answers, to real peers on loopback."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Barrier, Event
from time import monotonic

import pytest
from pydicom import dcmread
from pynetdicom.association import Association

from tests.builders.dataset import BIG_ENDIAN, IMPLICIT, encoded, film_dataset, part10
from tests.builders.keeper import MemoryKeeper
from tests.builders.raw import Answer, RawClient
from tests.builders.studies import EXPLICIT, FILM, STUDY
from tests.builders.waiting import wait_until
from tests.protocol.conftest import calling, listener, listening
from triage.domain.errors import BusyError, RejectedInstance
from triage.receive.admission import Admission
from triage.receive.listening import listen_on
from triage.receive.scp import StorageSCP

VERIFICATION = "1.2.840.10008.1.1"
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
NO_STORAGE = "1.2.840.10008.3.1.2.1.1"  # Detached Patient Management, retired
JPEG_XL = "1.2.840.10008.1.2.4.110"
PRIVATE_STORAGE = "1.2.826.0.1.3680043.8.498.77"

pytestmark = pytest.mark.usefixtures("chunked")


def store(association: Association, file: Path) -> int | None:
    status: int | None = association.send_c_store(file).get("Status")
    return status


def raise_(error: Exception) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


def test_a_film_is_kept_and_answered_with_success(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    with calling(scp) as association:
        status = store(association, film)

    assert status == 0x0000
    assert [kept.arrival.sop_instance_uid for kept in keeper.kept] == [FILM]


def test_success_is_answered_only_after_the_film_was_kept(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    answered = Event()
    answered_early: list[bool] = []
    keeper.first = lambda: answered_early.append(answered.wait(0.3))

    with calling(scp) as association:
        store(association, film)
        answered.set()

    assert answered_early == [False]


def test_a_keeper_that_fails_is_answered_with_its_status(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    keeper.first = raise_(RejectedInstance(0xA700, "spool: No space left on device"))

    with calling(scp) as association:
        status = store(association, film)

    assert status == 0xA700
    assert keeper.turned_away[0].sentence == "spool: No space left on device"


def test_an_association_survives_a_refused_instance(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    keeper.first = raise_(RejectedInstance(0xA700, "full"))

    with calling(scp) as association:
        refused = store(association, film)
        keeper.first = lambda: None
        kept = store(association, film)

    assert (refused, kept) == (0xA700, 0x0000)


def test_an_unforeseen_error_is_a_failure_and_not_a_success(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keeper.first = raise_(ZeroDivisionError("Doe^Jane"))

    with calling(scp) as association:
        status = store(association, film)

    assert status == 0x0110
    assert keeper.turned_away[0].sentence == "unexpected ZeroDivisionError"
    assert "Doe" not in "".join(capfd.readouterr())


def test_the_file_holds_exactly_the_bytes_that_were_sent(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    with calling(scp) as association:
        store(association, film)

    assert keeper.kept[0].file == film.read_bytes()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_a_film_is_kept_in_the_transfer_syntax_in_which_it_came(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path, syntax: str
) -> None:
    contents = encoded(film_dataset(), transfer_syntax_uid=syntax)
    file = part10(tmp_path, contents, transfer_syntax_uid=syntax)

    with calling(scp, transfer_syntax_uid=syntax) as association:
        status = store(association, file)

    assert status == 0x0000
    kept = dcmread(BytesIO(keeper.kept[0].file))
    assert (kept.file_meta.TransferSyntaxUID, kept.StudyInstanceUID) == (syntax, STUDY)


def test_a_data_set_that_is_cut_short_is_refused(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    file = part10(tmp_path, encoded(film_dataset())[:-100])

    with calling(scp) as association:
        status = store(association, file)

    assert status == 0xC000
    assert keeper.kept == []
    assert "announces 512 bytes, 412 are left" in keeper.turned_away[0].sentence


def test_a_data_set_of_another_instance_is_refused(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    file = part10(tmp_path, encoded(film_dataset()), sop_instance_uid="2.25.666")

    with calling(scp) as association:
        status = store(association, file)

    assert status == 0xA900
    assert keeper.turned_away[0].status == 0xA900


def test_a_data_set_of_another_sop_class_is_refused(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    file = part10(tmp_path, encoded(film_dataset(SOPClassUID="1.2.840.10008.5.1.4.1.1.2")))

    with calling(scp) as association:
        status = store(association, file)

    assert status == 0xA900
    assert keeper.kept == []


def test_a_class_that_is_no_storage_is_refused(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    file = part10(tmp_path, encoded(film_dataset(SOPClassUID=NO_STORAGE)), sop_class_uid=NO_STORAGE)

    with calling(scp, sop_class_uid=NO_STORAGE) as association:
        status = store(association, file)

    assert status == 0x0122
    assert keeper.kept == []


def test_storage_commitment_is_not_offered(scp: StorageSCP) -> None:
    with calling(scp, sop_class_uid=STORAGE_COMMITMENT) as association:
        accepted = association.accepted_contexts

    assert accepted == []


def test_a_private_storage_class_is_kept(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    contents = encoded(film_dataset(SOPClassUID=PRIVATE_STORAGE))
    file = part10(tmp_path, contents, sop_class_uid=PRIVATE_STORAGE)

    with calling(scp, sop_class_uid=PRIVATE_STORAGE) as association:
        status = store(association, file)

    assert status == 0x0000
    assert keeper.kept[0].arrival.sop_class_uid == PRIVATE_STORAGE


def test_an_echo_is_answered_and_leaves_no_visit(scp: StorageSCP, keeper: MemoryKeeper) -> None:
    with calling(scp, sop_class_uid=VERIFICATION, transfer_syntax_uid=IMPLICIT) as association:
        status = association.send_c_echo().Status

    assert status == 0x0000
    assert keeper.visitors == []


def test_any_called_ae_title_is_accepted(scp: StorageSCP) -> None:
    with calling(scp) as association:
        established = association.is_established

    assert established


def test_a_stranger_is_rejected_permanently_as_not_recognised(keeper: MemoryKeeper) -> None:
    with (
        listening(keeper, admission=Admission([("CR2", "127.0.0.1")])) as scp,
        RawClient(scp.port) as client,
    ):
        answer = client.associate(calling="CR1")

    assert answer == Answer("reject", reason=(1, 1, 3))


def test_a_stranger_is_recorded(keeper: MemoryKeeper) -> None:
    nobody = Admission([("CR2", "127.0.0.1")])

    with listening(keeper, admission=nobody) as scp, calling(scp, ae_title="CR1"):
        pass
    wait_until(lambda: keeper.turned_away)

    (stranger,) = keeper.turned_away
    assert (stranger.calling_ae_title, stranger.host, stranger.status) == ("CR1", "127.0.0.1", None)
    assert stranger.sentence == "calling AE title and host are not in listener.allowed"


def test_a_peer_on_the_list_is_admitted(keeper: MemoryKeeper, film: Path) -> None:
    friends = Admission([("CR1", "127.0.0.1")])

    with listening(keeper, admission=friends) as scp, calling(scp, ae_title="CR1") as association:
        status = store(association, film)

    assert status == 0x0000
    assert keeper.turned_away == []


def test_an_association_with_films_is_one_visit(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    with calling(scp) as association:
        statuses = [store(association, film), store(association, film)]

    assert statuses == [0x0000, 0x0000]
    assert keeper.visitors == ["CR1@127.0.0.1"]
    wait_until(lambda: keeper.ended == [1])


def test_an_aborted_association_keeps_its_films_and_ends_its_visit(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    with calling(scp) as association:
        store(association, film)
        association.abort()

    wait_until(lambda: keeper.ended == [1])
    assert len(keeper.kept) == 1


def test_a_peer_that_vanishes_while_its_film_is_kept_ends_its_visit(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path
) -> None:
    barrier = Barrier(2)
    keeper.first = lambda: (barrier.wait(10), barrier.wait(10))

    with ThreadPoolExecutor(1) as pool, calling(scp, timeout_s=1) as association:
        sending = pool.submit(store, association, film)
        barrier.wait(10)
        association.abort()
        barrier.wait(10)

    wait_until(lambda: keeper.ended == [1])
    assert len(keeper.kept) == 1
    assert sending.result() is None


@pytest.mark.parametrize(
    ("garbage", "said"),
    [
        (b"GET / HTTP/1.1\r\nHost: triage\r\n\r\n", "HTTP or another text protocol"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS hello on a port without TLS"),
        (bytes(64), "PDU type 0x00 where an association request was due"),
        (b"\x01\x00\xff\xff\xff\xff" + bytes(64), "an association request of 4294967295 bytes"),
        (b"\x04\x00\x00\x00\x00\x04abcd", "PDU type 0x04 where an association request was due"),
        (b"\x01", "the connection ended after 1 bytes of an association request"),
        (b"\x01\x00\x00\x00\x00\x08abcdefgh", "association request of 14 bytes"),
        (b"", "the connection ended before it said anything"),
    ],
)
def test_garbage_on_the_port_is_recorded_and_does_no_harm(
    scp: StorageSCP, keeper: MemoryKeeper, film: Path, garbage: bytes, said: str
) -> None:
    with socket.create_connection(("127.0.0.1", scp.port), timeout=5) as connection:
        connection.sendall(garbage)

    wait_until(lambda: keeper.turned_away)
    assert keeper.turned_away[0].sentence.startswith(said)
    with calling(scp) as association:
        assert store(association, film) == 0x0000


def test_garbage_on_the_port_leaves_one_line(
    scp: StorageSCP, keeper: MemoryKeeper, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", scp.port), timeout=5) as connection:
        connection.sendall(b"garbage")

    wait_until(lambda: keeper.turned_away)
    lines = [line for line in capfd.readouterr().out.splitlines() if "turned away" in line]
    assert len(lines) == 1


def test_a_port_that_is_taken_is_busy(scp: StorageSCP) -> None:
    with pytest.raises(BusyError, match=f"listen on 127.0.0.1:{scp.port}"):
        listen_on("127.0.0.1", scp.port)


def test_a_listener_that_stops_lets_a_film_be_finished(keeper: MemoryKeeper, film: Path) -> None:
    barrier = Barrier(2)
    keeper.first = lambda: (barrier.wait(10), barrier.wait(10))
    scp = listener(keeper)

    with ThreadPoolExecutor(2) as pool, calling(scp) as association:
        sending = pool.submit(store, association, film)
        barrier.wait(10)
        stopping = pool.submit(scp.stop, grace_s=10)
        barrier.wait(10)
        status = sending.result(10)
        association.release()
        stopping.result(10)

    assert status == 0x0000


def test_a_listener_that_stops_aborts_who_stays_too_long(keeper: MemoryKeeper) -> None:
    scp = listener(keeper)

    with calling(scp) as association:
        scp.stop(grace_s=0.1)

        wait_until(lambda: association.is_aborted)


def test_a_silent_connection_does_not_hold_up_the_end(keeper: MemoryKeeper) -> None:
    scp = listener(keeper)

    with socket.create_connection(("127.0.0.1", scp.port)) as connection:
        begin = monotonic()
        connection.sendall(b"\x01")
        scp.stop(grace_s=20)

    assert monotonic() - begin < 5


def test_a_syntax_that_can_be_read_is_preferred(scp: StorageSCP) -> None:
    with calling(scp, transfer_syntax_uid=[JPEG_XL, IMPLICIT, EXPLICIT]) as association:
        (context,) = association.accepted_contexts

    assert context.transfer_syntax == [IMPLICIT]


def test_a_film_in_a_syntax_that_cannot_be_read_is_kept_all_the_same(
    scp: StorageSCP, keeper: MemoryKeeper, tmp_path: Path
) -> None:
    file = part10(tmp_path, encoded(film_dataset()), transfer_syntax_uid=JPEG_XL)

    with calling(scp, transfer_syntax_uid=JPEG_XL) as association:
        status = store(association, file)

    assert status == 0x0000
    assert keeper.kept[0].arrival.transfer_syntax_uid == JPEG_XL
