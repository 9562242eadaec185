"""What is heard at a listener that is open for a test object alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.dataset import encoded, film_dataset
from tests.builders.examined import settings_for
from tests.builders.free_port import free_port
from tests.builders.raw import RawClient
from tests.builders.reported import report_data_set
from tests.builders.studies import EXPLICIT, FILM
from triage.daemon.ear import AT_DAEMONS, AT_OURS, Ear, listening_ear
from triage.daemon.reports import Reports
from triage.domain.study import Peer
from triage.receive.listening import listen_on
from triage.receive.report import PROCESSING_FAILURE
from triage.settings import Settings

PACS = Peer("PACS", "127.0.0.1", 104)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def ear(settings: Settings) -> Iterator[Ear]:
    with listening_ear(settings, FILM) as ear:
        yield ear


def store(settings: Settings, sop_instance_uid: str) -> int | None:
    """Store an object at the listener, as a PACS that moves it does."""
    film = encoded(film_dataset(SOPInstanceUID=sop_instance_uid))
    with RawClient(settings.listener.port) as client:
        client.associate()
        status = client.store(film, sop_instance_uid)
        client.release()
    return status


def report(
    ear: Ear | Reports,
    transaction_uid: str,
    *,
    committed: Sequence[str] = (FILM,),
    failed: Mapping[str, int] | None = None,
) -> int:
    """Report on the test object."""
    data_set = report_data_set(transaction_uid, committed=committed, failed=failed)
    return ear.take(data_set, transfer_syntax_uid=EXPLICIT, event_type=1, ae_title="PACS")


def test_the_test_object_that_comes_back_is_noticed(ear: Ear, settings: Settings) -> None:
    assert store(settings, FILM) == 0x0000
    assert ear.came_back.is_set()


def test_a_film_is_left_to_the_daemon_and_not_taken(ear: Ear, settings: Settings) -> None:
    assert store(settings, "2.25.99") == 0xA700
    assert not ear.came_back.is_set()


def test_the_report_is_heard(ear: Ear) -> None:
    before = ear.has_heard()

    assert report(ear, ear.transaction_uid) == 0x0000
    assert (before, ear.has_heard(), ear.reported) == (False, True, AT_OURS)


@pytest.mark.parametrize(
    ("committed", "failed", "denial"),
    [
        ([FILM], None, None),
        (["2.25.99"], None, "does not name it"),
        ([], {FILM: 0x0112}, "denies it: 0x0112: no such object instance"),
    ],
)
def test_a_report_may_speak_against_the_object(
    ear: Ear, committed: list[str], failed: dict[str, int] | None, denial: str | None
) -> None:
    report(ear, ear.transaction_uid, committed=committed, failed=failed)

    assert ear.denial() == denial


def test_a_report_of_another_request_is_left_to_the_daemon(ear: Ear) -> None:
    assert report(ear, "2.25.666") == PROCESSING_FAILURE
    assert not ear.has_heard()


def test_what_is_no_report_is_not_heard(ear: Ear) -> None:
    status = ear.take(b"\xff", transfer_syntax_uid=EXPLICIT, event_type=1, ae_title="PACS")

    assert status == 0x0115
    assert not ear.has_heard()


def test_where_the_daemon_listens_none_other_is_opened(tmp_path: Path) -> None:
    port = free_port()
    with (
        listen_on("127.0.0.1", port),
        listening_ear(settings_for(tmp_path, TRIAGE_LISTENER__PORT=str(port)), FILM) as ear,
    ):
        assert not ear.listens


def test_a_report_at_the_daemon_is_heard_while_it_is_expected(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    reports = Reports(database)
    settings = settings_for(tmp_path, TRIAGE_DATABASE__URL=database_url)
    with listening_ear(settings, FILM) as ear:
        with ear.expecting(PACS):
            statuses = [report(reports, ear.transaction_uid)]
            heard = ear.has_heard()
        statuses.append(report(reports, ear.transaction_uid))

    assert (heard, ear.reported, statuses) == (True, AT_DAEMONS, [0x0000, 0x0115])


def test_a_database_that_is_away_hears_nothing(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    settings = settings_for(tmp_path, TRIAGE_DATABASE__URL=url)

    with listening_ear(settings, FILM) as ear, ear.expecting(PACS):
        assert not ear.has_heard()
