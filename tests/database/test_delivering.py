"""The courier: what it does with each answer, and with what is superseded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from tests.builders.carrier import ToldCarrier, success
from tests.builders.studies import (
    CAPTURE,
    delivery_states,
    digest_of,
    finished,
    leased,
    parcel,
    posted,
    receipt,
    state_of,
)
from tests.builders.waiting import wait_until
from triage.daemon.breaker import Breaker
from triage.daemon.delivering import Courier
from triage.daemon.prover import FOUND, Prover, Wish
from triage.database import correction, outbox, proof, schema
from triage.database.engine import database_time
from triage.database.moves import By
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Delivery, DeliveryState, StudyState
from triage.spool import Spool

TTL = timedelta(minutes=2)

Hire = Callable[..., Courier]
Damage = Callable[[Path], None]


@pytest.fixture
def hire(database: Engine, tmp_path: Path) -> Hire:
    """Post one capture, and make couriers who send it."""
    with database.begin() as connection:
        posted(connection, now=database_time(connection))
    results = Spool(tmp_path / "results")
    results.write([CAPTURE.encode()])

    def courier(
        carrier: ToldCarrier,
        *,
        ttl: timedelta = TTL,
        wish: Wish | None = None,
        kind: type[Courier] = Courier,
    ) -> Courier:
        return kind(
            database,
            results,
            name="courier-1",
            carrier=carrier,
            ttl=ttl,
            wish=wish or Wish(),
            breaker=Breaker(chance=lambda: 0.0),
            chance=lambda: 0.0,
        )

    return courier


def prove(database: Engine, folder: Path, carrier: ToldCarrier, wish: Wish) -> None:
    prover = Prover(
        database,
        Spool(folder / "results"),
        carrier=carrier,
        name="courier-1",
        wish=wish,
        breaker=Breaker(chance=lambda: 0.0),
    )
    while prover.prove_some():
        pass


def states(database: Engine) -> tuple[list[str], str]:
    with database.begin() as connection:
        return delivery_states(connection), state_of(connection)


def postpone(_: Path) -> str:
    raise DeliveryPostponed("PACS cannot be reached")


def park(_: Path) -> str:
    raise DeliveryParked("PACS answered 0x0122")


def test_a_delivered_capture_ends_its_study(hire: Hire, database: Engine) -> None:
    delivered = hire(ToldCarrier()).deliver_one()

    assert delivered
    assert states(database) == ([DeliveryState.SENT_UNPROVEN], StudyState.DONE)


def test_the_courier_sends_the_file_that_its_digest_names(hire: Hire) -> None:
    carrier = ToldCarrier()

    hire(carrier).deliver_one()

    assert carrier.stored == [parcel().digest]


def test_a_postponed_capture_waits_for_its_next_time(hire: Hire, database: Engine) -> None:
    courier = hire(ToldCarrier(postpone))

    courier.deliver_one()

    assert not courier.deliver_one()
    assert states(database) == ([DeliveryState.WAITING], StudyState.ASSESSED)


def test_a_pacs_that_is_away_for_days_does_not_end_the_courier(
    hire: Hire, database: Engine
) -> None:
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(attempts=5000))

    hire(ToldCarrier(postpone)).deliver_one()

    assert states(database) == ([DeliveryState.WAITING], StudyState.ASSESSED)


def test_a_parked_capture_ends_its_study(hire: Hire, database: Engine) -> None:
    hire(ToldCarrier(park)).deliver_one()

    assert states(database) == ([DeliveryState.PARKED], StudyState.DONE)


def cut(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])


@pytest.fixture
def stored_file(tmp_path: Path) -> Path:
    return Spool(tmp_path / "results").path(digest_of(CAPTURE))


@pytest.mark.parametrize("damage", [cut, Path.unlink])
@pytest.mark.parametrize("in_doubt", [False, True])
def test_what_is_damaged_on_the_disk_is_parked_and_never_sent(
    hire: Hire, database: Engine, stored_file: Path, damage: Damage, in_doubt: bool
) -> None:
    carrier = ToldCarrier(there=lambda _: False)
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(in_doubt=in_doubt))
    damage(stored_file)

    hire(carrier).deliver_one()

    assert carrier.stored == []
    assert states(database) == ([DeliveryState.PARKED], StudyState.DONE)


@pytest.mark.parametrize("answer", [success, postpone, park])
def test_a_delivery_that_another_took_over_ends_no_courier(
    hire: Hire, database: Engine, answer: Callable[[Path], str]
) -> None:
    def late(file: Path) -> str:
        with database.begin() as connection:
            later = database_time(connection) + TTL
            taken = outbox.claim_delivery(connection, courier="other", now=later, ttl=TTL)
            assert taken is not None
            outbox.mark_sent(connection, taken, now=later, courier="other", answer="0x0000")
        return answer(file)

    hire(ToldCarrier(late)).deliver_one()

    assert states(database) == ([DeliveryState.SENT_UNPROVEN], StudyState.DONE)


def test_a_restarted_courier_takes_over_at_once(hire: Hire, database: Engine) -> None:
    with database.begin() as connection:
        now = database_time(connection)
        outbox.claim_delivery(connection, courier="courier-1", now=now, ttl=TTL)
    courier = hire(ToldCarrier())

    courier.take_over()

    assert courier.deliver_one()


def when_free(database: Engine) -> tuple[datetime, datetime]:
    """Return the database's time, and when somebody else may take the delivery."""
    with database.begin() as connection:
        until = connection.scalar(select(schema.delivery.c.next_attempt_at))
        assert until is not None
        return database_time(connection), until


def test_a_claim_is_renewed_while_a_slow_destination_takes_its_time(
    hire: Hire, database: Engine
) -> None:
    free: list[bool] = []

    def slow(_: Path) -> str:
        first = when_free(database)[1]
        wait_until(lambda: when_free(database)[0] > first)
        now, until = when_free(database)
        free.append(until <= now)
        return "0x0000"

    hire(ToldCarrier(slow), ttl=timedelta(seconds=3)).deliver_one()

    assert free == [False]
    assert states(database) == ([DeliveryState.SENT_UNPROVEN], StudyState.DONE)


def test_a_claim_that_nobody_renews_is_free_after_its_time(hire: Hire, database: Engine) -> None:
    assert hire(ToldCarrier())
    with database.begin() as connection:
        now = database_time(connection)
        for courier in ("courier-1", "other"):
            assert outbox.claim_delivery(connection, courier=courier, now=now, ttl=TTL)
            now += TTL


def test_an_empty_outbox_keeps_nobody_busy(hire: Hire, database: Engine) -> None:
    courier = hire(ToldCarrier())
    courier.deliver_one()

    assert not courier.deliver_one()
    with database.begin() as connection:
        assert connection.scalar(select(schema.delivery.c.attempts)) == 1


def doubted(database: Engine) -> None:
    """Let a courier die in the middle of the delivery."""
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(in_doubt=True))


def test_what_is_there_after_a_crash_is_not_sent_again(hire: Hire, database: Engine) -> None:
    carrier = ToldCarrier(query=True, there=lambda _: True)
    doubted(database)

    hire(carrier).deliver_one()

    assert (carrier.asked_for, carrier.stored) == ([parcel().digest], [])
    assert states(database) == ([DeliveryState.SENT], StudyState.ASSESSED)
    with database.begin() as connection:
        assert connection.scalar(select(schema.delivery.c.reason)) == FOUND


@pytest.mark.parametrize(
    ("commitment", "wish", "proven"),
    [
        (True, Wish(), [DeliveryState.SENT]),
        (True, Wish(query=False), [DeliveryState.SENT]),
        (False, Wish(), [DeliveryState.PROVEN]),
        (False, Wish(query=False), [DeliveryState.SENT_UNPROVEN]),
        (True, Wish(commitment=False, query=False), [DeliveryState.SENT_UNPROVEN]),
    ],
)
def test_what_is_found_is_proven_as_is_wished(
    hire: Hire, database: Engine, tmp_path: Path, *, commitment: bool, wish: Wish, proven: list[str]
) -> None:
    carrier = ToldCarrier(commitment=commitment, query=True, there=lambda _: True)
    doubted(database)

    hire(carrier, wish=wish).deliver_one()
    prove(database, tmp_path, carrier, wish)

    assert states(database)[0] == proven
    assert len(carrier.transactions) == (proven == [DeliveryState.SENT])


class Credulous(Courier):
    """Takes what is there for proven."""

    def _sent(self, delivery: Delivery, answer: str, *, unproven: str | None) -> None:
        assert unproven is None
        super()._sent(delivery, answer, unproven=unproven)
        with self._engine.begin() as connection:
            now = database_time(connection)
            (sent,) = proof.sent_captures(connection, now=now, most=1)
            proof.prove(connection, sent, reason=FOUND, by=By(self._name, now))


def test_a_courier_that_takes_what_is_there_for_proven_would_be_noticed(
    hire: Hire, database: Engine, tmp_path: Path
) -> None:
    carrier = ToldCarrier(commitment=True, query=True, there=lambda _: True)
    doubted(database)

    hire(carrier, kind=Credulous).deliver_one()
    prove(database, tmp_path, carrier, Wish())

    assert states(database)[0] == [DeliveryState.PROVEN]


@pytest.mark.parametrize("answer", [False, None])
def test_what_is_not_there_or_cannot_be_asked_for_is_sent(
    hire: Hire, database: Engine, answer: bool | None
) -> None:
    carrier = ToldCarrier(there=lambda _: answer)
    doubted(database)

    hire(carrier).deliver_one()

    assert carrier.stored == [parcel().digest]


def test_a_courier_that_does_not_look_would_send_twice(hire: Hire) -> None:
    carrier = ToldCarrier(there=lambda _: True)

    hire(carrier).deliver_one()  # as though there were no doubt

    assert (carrier.asked_for, carrier.stored) == ([], [parcel().digest])


def test_a_first_attempt_is_not_looked_up(hire: Hire) -> None:
    carrier = ToldCarrier()

    hire(carrier).deliver_one()

    assert carrier.asked_for == []


def doubt_after(hire: Hire, database: Engine, error: DeliveryPostponed) -> bool:
    def fail(_: Path) -> str:
        raise error

    hire(ToldCarrier(fail)).deliver_one()
    with database.begin() as connection:
        return bool(connection.scalar(select(schema.delivery.c.in_doubt)))


def test_an_answer_that_did_not_come_leaves_a_doubt(hire: Hire, database: Engine) -> None:
    assert doubt_after(hire, database, DeliveryPostponed("no answer", in_doubt=True))


def test_a_refusal_leaves_none(hire: Hire, database: Engine) -> None:
    doubted(database)

    assert not doubt_after(hire, database, DeliveryPostponed("answered 0xa700"))


@pytest.mark.parametrize("before", [True, False])
def test_a_destination_that_is_away_leaves_the_doubt_as_it_was(
    hire: Hire, database: Engine, before: bool
) -> None:
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(in_doubt=before))

    assert doubt_after(hire, database, DeliveryPostponed("away", reached=False)) is before


def test_a_courier_that_died_leaves_a_doubt(hire: Hire, database: Engine) -> None:
    carrier = ToldCarrier(there=lambda _: True)
    courier = hire(carrier)
    with database.begin() as connection:
        now = database_time(connection)
        outbox.claim_delivery(connection, courier="courier-1", now=now, ttl=TTL)

    courier.take_over()
    courier.deliver_one()

    assert (carrier.asked_for, carrier.stored) == ([parcel().digest], [])


def test_where_a_proof_may_come_the_study_is_not_done_yet(hire: Hire, database: Engine) -> None:
    hire(ToldCarrier(commitment=True)).deliver_one()

    assert states(database) == ([DeliveryState.SENT], StudyState.ASSESSED)


def supersede(database: Engine) -> None:
    """Let the film come again with another identity."""
    with database.begin() as connection:
        now = database_time(connection)
        finished(connection, leased(connection, receipt(contents="corrected"), now=now), now=now)
        newest = connection.scalar(select(func.max(schema.instance.c.id)))
        assert newest is not None
        correction.supersede(connection, newest, now=now)


def test_what_is_superseded_is_not_sent(hire: Hire, database: Engine) -> None:
    carrier = ToldCarrier()
    supersede(database)

    hire(carrier).deliver_one()

    assert (carrier.asked_for, carrier.stored) == ([], [])
    assert states(database) == ([DeliveryState.PARKED], StudyState.DONE)


@pytest.mark.parametrize(
    ("there", "state", "doubt"),
    [
        (True, DeliveryState.SENT, False),
        (False, DeliveryState.PARKED, False),
        (None, DeliveryState.PARKED, True),
    ],
)
def test_a_doubt_about_what_is_superseded_is_looked_into(
    hire: Hire, database: Engine, there: bool | None, state: DeliveryState, doubt: bool
) -> None:
    carrier = ToldCarrier(query=True, there=lambda _: there)
    doubted(database)
    supersede(database)

    hire(carrier).deliver_one()

    assert carrier.stored == []
    with database.begin() as connection:
        row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.in_doubt) == (state, doubt)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_what_is_superseded_and_damaged_is_let_go_with_its_doubt(
    hire: Hire, database: Engine, stored_file: Path, in_doubt: bool
) -> None:
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(in_doubt=in_doubt))
    supersede(database)
    cut(stored_file)

    hire(ToldCarrier(there=lambda _: False)).deliver_one()

    with database.begin() as connection:
        row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.digest, row.in_doubt) == (DeliveryState.PARKED, None, in_doubt)


def test_what_is_superseded_is_let_go_while_the_destination_is_away(
    hire: Hire, database: Engine
) -> None:
    supersede(database)

    hire(ToldCarrier(postpone)).deliver_one()

    assert states(database) == ([DeliveryState.PARKED], StudyState.DONE)
