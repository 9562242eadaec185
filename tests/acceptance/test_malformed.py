"""Every malformed file beside the project, sent as it is: none is lost, none does harm."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.acceptance.conftest import EVERYBODY
from tests.builders.account import Account, send_all
from tests.builders.apart import ListenerApart, listener_apart, settings_of
from tests.builders.canaries import patient_words
from tests.builders.house import House, running_house
from tests.builders.keeper import MemoryKeeper, keeping
from tests.builders.shipment import Shipment
from tests.builders.tools import BESIDE
from tests.protocol.conftest import listening
from triage.daemon.listener import DurableKeeper
from triage.domain.door import Refused
from triage.pipeline import Route

MALFORMED = tuple(sorted((BESIDE / "malformed").rglob("*.dcm")))
FLAT_MB = 8
ODD_PIXELS = re.compile(r"baseline|cat04|cat05|cat09|cat1.|real_world")
MODALITY = re.compile(rb"(\x08\x00\x60\x00(?:CS\x02\x00|\x02\x00\x00\x00))..", re.DOTALL)

pytestmark = pytest.mark.skipif(
    not MALFORMED, reason="NO MALFORMED FILES: ../shared/malformed is absent"
)


@pytest.fixture
def house(
    database: Engine, database_url: str, tmp_path: Path, calm_route: Route
) -> Iterator[House]:
    """Clock and worker, whose network flags no film."""
    settings = settings_of(tmp_path, database_url)
    with running_house(
        tmp_path, engine=database, route=calm_route, settings=settings, allowed=EVERYBODY
    ) as house:
        yield house


@pytest.fixture
def listener(database_url: str, tmp_path: Path) -> Iterator[ListenerApart]:
    """A listener that has a process, and so a size, of its own."""
    with listener_apart(tmp_path, database_url=database_url) as listener:
        yield listener


def as_a_film(shipment: Shipment) -> Shipment:
    """Let it say CR, so that the gate lets its pixels through to the codecs."""
    return replace(shipment, data_set=MODALITY.sub(rb"\1CR", shipment.data_set))


@pytest.fixture(params=["as they are", "as films"])
def shipments(request: pytest.FixtureRequest) -> list[Shipment]:
    """All of them as they are, and those that are odd in their pixels as if they were films."""
    if request.param == "as they are":
        return [Shipment.of(file) for file in MALFORMED]
    return [
        as_a_film(Shipment.of(file)) for file in MALFORMED if ODD_PIXELS.match(file.parent.name)
    ]


def test_every_malformed_file_has_an_end_and_does_no_harm(
    house: House,
    listener: ListenerApart,
    shipments: list[Shipment],
    samples: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    good = [Shipment.of(file) for file in sorted(samples.glob("cr_*.dcm"))]
    sent = send_all(shipments, listener.port)
    before_mb = listener.reset_peak()
    send_all(shipments[::4], listener.port)
    grown_mb = listener.peak_mb - before_mb
    afterwards = {one.answer.status for one in send_all(good, listener.port)}
    house.settle()

    account = Account.of(sent, house.engine)
    logged = listener.log.read_text() + "".join(capfd.readouterr())
    sys.stdout.write(f"{account.table()}\nsent again, the listener grew by {grown_mb:.1f} MB\n")
    assert account.missing == set()
    assert (listener.is_alive, afterwards) == (True, {0x0000})
    assert grown_mb < FLAT_MB
    words = patient_words(one.data_set for one in shipments)
    assert [word for word in words if word in logged] == []


class Forgetful:
    """The durable keeper, but films or refusals slip its mind."""

    def __init__(self, keeper: DurableKeeper, *, films: bool, refusals: bool) -> None:
        self.opened, self.closed = keeper.opened, keeper.closed
        self.draft = MemoryKeeper().draft if films else keeper.draft
        self.refused = self._forget if refusals else keeper.refused

    def _forget(self, refused: Refused) -> None:
        del refused


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("forgets", ["films", "refusals"])
def test_a_keeper_that_forgets_is_noticed(house: House, forgets: str) -> None:
    films = forgets == "films"
    durable = keeping(house.engine, house.spool)

    with listening(Forgetful(durable, films=films, refusals=not films)) as scp:
        sent = send_all([Shipment.of(file) for file in MALFORMED[::8]], scp.port)
    house.settle()

    kept = {one.calling for one in sent if one.answer.status == 0x0000}
    refused = {one.calling for one in sent} - kept
    assert kept
    assert refused
    assert Account.of(sent, house.engine).missing == (kept if films else refused)


def test_a_patient_in_the_log_is_noticed() -> None:
    words = patient_words(Shipment.of(file).data_set for file in MALFORMED)

    assert len(words) > 20
    assert [word for word in words if word in f"refused name={max(words)}"]
