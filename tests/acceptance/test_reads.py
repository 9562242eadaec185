"""A film comes with its accession number, is assessed, and is read: the report tells of both."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.account import send_all
from tests.builders.command import Command
from tests.builders.house import House
from tests.builders.shipment import Shipment
from tests.unit.decode.headers import film, saved
from tests.unit.evaluate.lists import written

HEAD = "accession,label,answer,reader,time"
SINCE = ("--since", "2026-01-01")


@pytest.fixture
def command(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """The command line on the house's database and spool."""
    monkeypatch.setenv("TRIAGE_DATABASE__URL", database_url)
    monkeypatch.setenv("TRIAGE_DATA__FOLDER", str(tmp_path))
    return Command(capsys)


@pytest.fixture
def receive(house: House, tmp_path: Path) -> Callable[..., None]:
    """Send a film of a study with an accession number, and assess it."""

    def received(study: str, accession: str) -> None:
        right = film(
            StudyInstanceUID=study,
            SOPInstanceUID=f"{study}.1",
            PatientID="4711",
            AccessionNumber=accession,
        )
        shipment = Shipment.of(saved(right, tmp_path / "film.dcm"))
        send_all([shipment], house.peer.port)
        house.settle()

    return received


def read(tmp_path: Path, accession: str) -> str:
    line = f"{accession},tumour,absent,Dr A,2026-01-05T08:00:00+01:00"
    return str(written(tmp_path / "reads.csv", HEAD, line))


def test_a_read_by_accession_number_is_told_beside_the_film(
    command: Command, receive: Callable[..., None], tmp_path: Path
) -> None:
    receive("2.25.2", " CANARY-17 ")

    command.text("reads", "import", read(tmp_path, "CANARY-17"))
    shown = command.text("report", "agreement", *SINCE, "--format", "html")

    assert "<td>2.25.2</td><td>tumour</td><td>Dr A</td><td>absent</td>" in shown
    assert "data:image/jpeg;base64,/9j/" in shown
    assert "CANARY" not in shown


def test_a_number_of_two_studies_is_told_and_nothing_is_kept(
    command: Command, receive: Callable[..., None], tmp_path: Path, house: House
) -> None:
    receive("2.25.2", "CANARY-17")
    receive("2.25.3", "CANARY-17")

    assert command.code("reads", "import", read(tmp_path, "CANARY-17")) == 65

    out = command.captured.readouterr().out
    assert "line 2: refused: accession: 2 studies here have this number" in out
    assert "CANARY" not in out
    assert house.rows("reads") == []
