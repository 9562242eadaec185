"""Reports of storage commitment: what is written, and what is answered."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.reported import report_data_set
from tests.builders.studies import EXPLICIT, TTL, delivery_states, parcel, posted
from triage.daemon.reports import Reports
from triage.database import outbox, proof
from triage.database.engine import open_engine
from triage.domain.study import DeliveryState


@pytest.fixture
def asked(database: Engine, clock: Clock) -> Engine:
    """Send one capture, and ask PACS to commit to it under 2.25.9."""
    with database.begin() as connection:
        posted(connection, parcel("2.25.1"), now=clock.now)
        delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
        assert delivery is not None
        outbox.mark_sent(
            connection, delivery, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
        )
        proof.ask_for_commitment(
            connection,
            proof.sent_captures(connection, now=clock.now, most=9),
            transaction_uid="2.25.9",
            ae_title="PACS",
            now=clock.now,
            expires_at=clock.now + timedelta(hours=1),
        )
    return database


def take(
    engine: Engine, *, transaction_uid: str = "2.25.9", ae_title: str = "PACS", event: int = 1
) -> int:
    return Reports(engine).take(
        report_data_set(transaction_uid, committed=["2.25.1"]),
        transfer_syntax_uid=EXPLICIT,
        event_type=event,
        ae_title=ae_title,
    )


def state(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return delivery_states(connection)


def test_a_report_is_answered_with_success_once_it_is_written(asked: Engine) -> None:
    assert take(asked) == 0x0000
    assert state(asked) == [DeliveryState.PROVEN]


def test_an_unknown_transaction_is_refused(asked: Engine) -> None:
    assert take(asked, transaction_uid="2.25.666") == 0x0115
    assert state(asked) == [DeliveryState.SENT]


def test_another_peer_is_refused(asked: Engine) -> None:
    assert take(asked, ae_title="OTHER") == 0x0115
    assert state(asked) == [DeliveryState.SENT]


def test_an_unknown_event_is_refused(asked: Engine) -> None:
    assert take(asked, event=7) == 0x0113


def test_a_database_that_is_away_is_no_success(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")

    assert take(engine) == 0x0110
