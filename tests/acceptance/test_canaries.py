"""A patient's words in good, refused and damaged films: in no log line, row or answer."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.acceptance.conftest import Compose
from tests.builders.account import Account, send_all
from tests.builders.dataset import IMPLICIT
from tests.builders.house import House
from tests.builders.mutation import damaged
from tests.builders.shipment import Shipment
from tests.unit.decode.headers import film, saved
from triage.database import schema
from triage.pipeline import Route
from triage.receive.arrival import Inspection
from triage.receive.streaming import DataPhase

CANARIES = {
    "PatientName": "CANARYNAME^ZEPHYRINA",
    "PatientID": "CANARYID4711",
    "PatientBirthDate": "18991231",
    "AccessionNumber": "CANARYACC",
    "ReferringPhysicianName": "CANARYDOCTOR",
    "PatientComments": "CANARYCOMMENT",
    "OtherPatientNames": "CANARYOTHER",
    "StudyDescription": "CANARYSTUDY",
}
WORDS = ("CANARY", "ZEPHYRINA", "18991231")
DAMAGED = 150
SEED = 51


def good(folder: Path, *, number: int = 1, **changes: object) -> Shipment:
    """A film that is assessed, of a patient with a name for each attribute."""
    right = film(
        **CANARIES, StudyInstanceUID="2.25.2", SOPInstanceUID=f"2.25.3.{number}", **changes
    )
    return Shipment.of(saved(right, folder / "film.dcm"))


def refused(folder: Path) -> list[Shipment]:
    """Films that the door refuses, each for another reason, some with a name in the wrong place."""
    right = good(folder)
    name = b"\x08\0\x18\0UI" + len(b"CANARYNAME").to_bytes(2, "little") + b"CANARYNAME"
    misplaced = right.data_set.replace(b"\x08\0\x18\0UI\x08\x002.25.3.1", name)
    assert misplaced != right.data_set
    return [
        replace(right, data_set=right.data_set[:-10]),
        replace(right, sop_instance_uid="2.25.999"),
        replace(right, data_set=misplaced),
        replace(right, sop_instance_uid="CANARYNAME"),
        replace(right, sop_class_uid="1.2.840.10008.5.1.4.1.1.2"),
        replace(right, data_set=b"CANARYNAME" + right.data_set),
        replace(right, transfer_syntax_uid=IMPLICIT),
    ]


def malformed(folder: Path) -> list[Shipment]:
    """Films whose headers are damaged anywhere."""
    randomness = Random(SEED)
    right = good(folder)
    head, pixels = right.data_set[:-8192], right.data_set[-8192:]
    return [replace(right, data_set=damaged(head, randomness) + pixels) for _ in range(DAMAGED)] + [
        good(folder, number=2, Rows=32),
        good(folder, number=3, Modality="CT"),
    ]


@pytest.fixture
def house(compose: Compose, calm_route: Route) -> Iterator[House]:
    """A house that returns nothing."""
    with compose(route=calm_route) as house:
        yield house


def told(house: House, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return every log line, and every row that this house has written, but of ``identity``."""
    tables = schema.metadata.tables.keys() - {"identity"}
    rows = [str(row) for table in tables for row in house.rows(table)]
    return [*"".join(capfd.readouterr()).splitlines(), *rows]


def with_a_canary(lines: list[str]) -> list[str]:
    return [line for line in lines if any(word in line for word in WORDS)]


def test_a_patient_is_in_no_line_and_no_row(
    house: House, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shipments = [good(tmp_path), *refused(tmp_path), *malformed(tmp_path)]

    sent = send_all(shipments, house.peer.port)
    house.settle()

    ends = set(Account.of(sent, house.engine).ends.values())
    lines = told(house, capfd)
    assert {"kept, ASSESSED", "refused at the door, 0xa900", "refused at the door, 0xc000"} <= ends
    assert any("NOT_ASSESSED" in end for end in ends)
    assert len(lines) > len(shipments)
    assert with_a_canary(lines) == []
    assert CANARIES["AccessionNumber"] in {row.accession for row in house.rows("identity")}


class Repeating(Inspection):
    """An inspection whose refusals repeat what is no UID."""

    def _shown(self, uid: str) -> str:
        return uid


def test_a_name_that_a_refusal_repeats_is_noticed(
    compose: Compose, calm_route: Route, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    repeating = partial(DataPhase, inspect=Repeating)

    with compose(route=calm_route, data_phase=repeating) as house:
        send_all(refused(tmp_path), house.peer.port)

        assert with_a_canary(told(house, capfd))
