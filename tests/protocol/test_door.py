"""A door that nobody can block: crowds, silence, and who is let in at all."""

import threading
from time import monotonic

import pytest

from tests.builders.crowd import needs_descriptors, silent_crowd
from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.raw import RawClient, associate_rq, message, store_rq
from tests.builders.stock import stock_listener
from tests.builders.studies import FILM
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.door import DoorCode
from triage.receive.admission import Admission
from triage.receive.connection import Limits
from triage.receive.scp import StorageSCP
from triage.receive.visitor import Serving

DATA_SET = encoded(film_dataset())
WHOLE_STORE = message(store_rq(CR, FILM), DATA_SET)
SERVED_WITHIN_S = 20.0  # a listener that can be locked out needs half a minute
TWENTY_HOSTS = [f"127.0.2.{number}" for number in range(1, 21)]
STRICT = Admission([("CR1", "127.0.0.1")], called=["TRIAGE"])
LOOSE = Admission()


def store_from(source: str, port: int) -> int | None:
    """Associate, store, and leave, as a modality does."""
    with RawClient(port, source=source) as modality:
        modality.associate()
        status = modality.store(DATA_SET, FILM)
        modality.release()
    return status


def test_more_than_a_hundred_modalities_at_once_are_all_served(
    scp: StorageSCP, keeper: MemoryKeeper
) -> None:
    with silent_crowd(scp.port, many=120, sources=TWENTY_HOSTS) as modalities:
        answers = [modality.associate().kind for modality in modalities]
        for modality in modalities:
            modality.send(WHOLE_STORE)
        statuses = [modality.answer().status for modality in modalities]

    assert answers == ["accept"] * 120
    assert statuses == [0x0000] * 120
    assert len(keeper.kept) == 120


def test_who_comes_when_all_places_are_taken_is_told_to_come_again(keeper: MemoryKeeper) -> None:
    with (
        listening(keeper, limits=Limits(most_associations=3)) as scp,
        silent_crowd(scp.port, many=4) as modalities,
    ):
        answers = [modality.associate() for modality in modalities]
        modalities[0].release()
        wait_until(lambda: store_from("127.0.0.1", scp.port) == 0x0000)

    assert [answer.kind for answer in answers] == ["accept"] * 3 + ["reject"]
    assert answers[3].reason == (2, 3, 2)
    assert keeper.turned_away[0].code is DoorCode.CROWD
    assert len(keeper.kept) == 1


@pytest.mark.parametrize("said", [b"", b"\x01", associate_rq()[:40]])
@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
def test_silent_connections_keep_nobody_waiting(scp: StorageSCP, said: bytes, source: str) -> None:
    with silent_crowd(scp.port, many=200, said=said):
        begin = monotonic()
        statuses = [store_from(source, scp.port) for _ in range(3)]

    assert statuses == [0x0000] * 3
    assert monotonic() - begin < SERVED_WITHIN_S


def test_without_the_door_silent_connections_lock_everybody_out() -> None:
    with stock_listener() as port, silent_crowd(port, many=15, said=b"\x01"):
        assert store_from("127.0.0.2", port) is None


def test_connections_that_are_opened_again_and_again_keep_nobody_waiting(
    scp: StorageSCP,
) -> None:
    enough = threading.Event()

    def besiege() -> None:
        while not enough.is_set():
            with silent_crowd(scp.port, many=50, said=b"\x01"):
                pass

    attacker = threading.Thread(target=besiege)
    attacker.start()
    begin = monotonic()
    statuses = [store_from("127.0.0.1", scp.port) for _ in range(10)]
    took_s = monotonic() - begin
    enough.set()
    attacker.join()

    assert statuses == [0x0000] * 10
    assert took_s < SERVED_WITHIN_S


@needs_descriptors(4000)
def test_a_thousand_idle_connections_leave_real_senders_unharmed(keeper: MemoryKeeper) -> None:
    with listening(keeper) as scp, silent_crowd(scp.port, many=1000, sources=TWENTY_HOSTS):
        begin = monotonic()
        statuses = [store_from(source, scp.port) for source in ("127.0.0.1", TWENTY_HOSTS[0])]

    assert statuses == [0x0000] * 2
    assert monotonic() - begin < SERVED_WITHIN_S


@pytest.mark.parametrize(("most_waiting", "answered"), [(10, "end"), (11, "accept")])
def test_of_too_many_silent_connections_of_a_host_the_oldest_gives_way(
    keeper: MemoryKeeper, most_waiting: int, answered: str
) -> None:
    limits = Limits(most_waiting=most_waiting, patience_s=0)

    with (
        listening(keeper, limits=limits) as scp,
        silent_crowd(scp.port, many=10) as crowd,
        silent_crowd(scp.port, many=1) as one_more,
    ):
        newest = one_more[0].associate().kind
        oldest = crowd[0].associate().kind

    assert (oldest, newest) == (answered, "accept")


def test_associations_that_rest_too_long_make_way(keeper: MemoryKeeper) -> None:
    limits = Limits(most_associations=5, idle_timeout_s=0.3)

    with listening(keeper, limits=limits) as scp, silent_crowd(scp.port, many=5) as resting:
        accepted = [client.associate().kind for client in resting]
        ended = [client.answer().kind for client in resting]
        status = store_from("127.0.0.1", scp.port)

    assert (accepted, ended) == (["accept"] * 5, ["abort"] * 5)
    assert status == 0x0000


def test_associations_that_may_rest_keep_their_places(keeper: MemoryKeeper) -> None:
    limits = Limits(most_associations=5, idle_timeout_s=60)

    with (
        listening(keeper, limits=limits) as scp,
        silent_crowd(scp.port, many=6) as modalities,
    ):
        answers = [modality.associate().kind for modality in modalities]

    assert answers == ["accept"] * 5 + ["reject"]


@pytest.mark.parametrize(
    ("titles_and_host", "reason", "code"),
    [
        (("CR9", "TRIAGE", "127.0.0.1"), (1, 1, 3), DoorCode.CALLING),
        (("CR1", "TRIAGE", "127.0.0.9"), (1, 1, 3), DoorCode.CALLING),
        (("CR1", "ARCHIVE", "127.0.0.1"), (1, 1, 7), DoorCode.CALLED),
    ],
    ids=["title", "host", "called title"],
)
def test_who_is_not_expected_is_rejected_and_recorded(
    keeper: MemoryKeeper,
    data_phase: Serving | None,
    titles_and_host: tuple[str, str, str],
    reason: tuple[int, ...],
    code: DoorCode,
) -> None:
    calling, called, host = titles_and_host

    with (
        listening(keeper, admission=STRICT, data_phase=data_phase) as scp,
        RawClient(scp.port, source=host) as stranger,
    ):
        answer = stranger.associate(calling=calling, called=called)
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert (answer.kind, answer.reason) == ("reject", reason)
    assert (refused.code, refused.host) == (code, host)
    assert (refused.calling_ae_title, refused.called_ae_title) == (calling, called)


@pytest.mark.parametrize("admission", [STRICT, LOOSE])
def test_who_is_expected_is_admitted(keeper: MemoryKeeper, admission: Admission) -> None:
    with listening(keeper, admission=admission) as scp:
        assert store_from("127.0.0.1", scp.port) == 0x0000


def test_without_lists_anybody_is_admitted(keeper: MemoryKeeper) -> None:
    with (
        listening(keeper, admission=LOOSE) as scp,
        RawClient(scp.port, source="127.0.0.9") as stranger,
    ):
        assert stranger.associate(calling="CR9", called="ARCHIVE").kind == "accept"
