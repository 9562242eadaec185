"""``triage learn`` on both engines: who knocked, and the line that lets one in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.command import Command
from triage.cli.learn import MOST
from triage.database.door import record_refusals
from triage.database.engine import database_time
from triage.domain.door import DoorCode, Refused
from triage.receive.admission import Admission
from triage.settings import Settings, load_settings

SENTENCE = "calling AE title and host are not in listener.allowed"
STRANGER = Refused(
    DoorCode.CALLING,
    "10.1.2.3",
    SENTENCE,
    calling_ae_title="XR_ROOM_1",
    called_ae_title="TRIAGE",
    times=3,
)
LINE = '{ ae_title = "XR_ROOM_1", host = "10.1.2.3" },'
OUT_OF_DATE = timedelta(days=31)

Record = Callable[..., None]


@pytest.fixture
def record(database: Engine) -> Record:
    """Write into the door's book, now or long ago."""

    def recorded(*entries: Refused, ago: timedelta = timedelta()) -> None:
        with database.begin() as connection:
            at = database_time(connection) - ago
            for entry in entries:
                record_refusals(connection, [entry], listener="listener-1", now=at)

    return recorded


def settings_with(line: str, folder: Path) -> Settings:
    """Paste a line into an allow list and read it."""
    file = folder / "triage.toml"
    file.write_text(f'[listener]\nhost = "0.0.0.0"\nallowed = [\n{line}\n]\n', encoding="utf-8")
    return load_settings(file, environment={})


def pasted(shown: str) -> list[str]:
    """Pick the lines to paste from what was printed."""
    return [line.strip() for line in shown.splitlines() if line.strip().startswith("{")]


def test_who_knocked_is_shown_with_why_how_often_and_the_line(
    command: Command, record: Record
) -> None:
    record(STRANGER)

    shown = command.text("learn")

    assert "      3  XR_ROOM_1@10.1.2.3 to TRIAGE  20" in shown
    assert f"\n         calling_ae_title: {SENTENCE}\n" in shown
    assert pasted(shown) == [LINE]


def test_a_caller_of_two_titles_has_one_line(command: Command, record: Record) -> None:
    record(STRANGER, replace(STRANGER, called_ae_title="ARCHIVE"))

    assert pasted(command.text("learn")) == [LINE]


def test_json_tells_everything(command: Command, record: Record) -> None:
    record(STRANGER, STRANGER)

    (knock,) = read_list(command)

    times = knock.pop("first_at"), knock.pop("last_at")
    assert all(str(time).endswith("+00:00") for time in times)
    assert knock == {
        "calling_ae_title": "XR_ROOM_1",
        "called_ae_title": "TRIAGE",
        "host": "10.1.2.3",
        "code": "calling_ae_title",
        "sentence": SENTENCE,
        "times": 6,
        "allow": LINE,
    }


@pytest.mark.parametrize(
    ("title", "host"),
    [
        ("XR_ROOM_1", "10.1.2.3"),
        ("XR ROOM 1", "10.1.2.3"),
        ('X",host="0.0.0.0', "10.1.2.3"),
        ("XR_ROOM_1", "2001:db8::7"),
        ("XR_ROOM_1", "::ffff:10.1.2.3"),
        ("XR_ROOM_1", "fe80::1%eth0"),
    ],
)
def test_the_pasted_line_lets_in_this_caller_alone(
    command: Command, record: Record, tmp_path: Path, title: str, host: str
) -> None:
    record(replace(STRANGER, calling_ae_title=title, host=host))

    (line,) = pasted(command.text("learn"))

    (peer,) = settings_with(line, tmp_path).listener.allowed
    admission = Admission([(peer.ae_title, peer.host)])
    assert admission.objection(calling=title, called="TRIAGE", host=host) is None
    assert admission.objection(calling=title, called="TRIAGE", host="10.1.2.4") is not None


@pytest.mark.parametrize(
    "entry",
    [
        replace(STRANGER, code=DoorCode.TLS),
        replace(STRANGER, code=DoorCode.CALLED),
        replace(STRANGER, calling_ae_title=""),
        replace(STRANGER, calling_ae_title="BACK\\SLASH"),
        replace(STRANGER, calling_ae_title="", host="elsewhere"),
    ],
    ids=["TLS", "called", "no title", "no valid title", "many hosts"],
)
def test_whom_no_line_would_let_in_has_none(
    command: Command, record: Record, entry: Refused
) -> None:
    record(entry)

    shown = command.text("learn")

    assert f"@{entry.host}" in shown
    assert pasted(shown) == []


@pytest.mark.parametrize(
    ("listed", "lines"), [("10.1.2.0/24", []), ("10.9.9.9", [LINE])], ids=["known", "unknown"]
)
def test_who_has_been_let_in_since_has_no_line(
    command: Command,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
    *,
    listed: str,
    lines: list[str],
) -> None:
    allowed = f'[{{"ae_title": "XR_ROOM_1", "host": "{listed}"}}]'
    monkeypatch.setenv("TRIAGE_LISTENER__ALLOWED", allowed)
    record(STRANGER)

    assert pasted(command.text("learn")) == lines


def test_who_knocked_long_ago_is_left_out(command: Command, record: Record) -> None:
    record(STRANGER, ago=OUT_OF_DATE)

    assert command.text("learn") == "nobody was turned away in 30 days\n"


def test_one_may_look_back_further(command: Command, record: Record) -> None:
    record(STRANGER, ago=OUT_OF_DATE)

    assert LINE in command.text("learn", "--days", "32")


def test_a_flood_is_cut_and_said_to_be(command: Command, record: Record) -> None:
    record(*(replace(STRANGER, calling_ae_title=f"CR{number}") for number in range(MOST + 1)))

    assert f"no more than {MOST} are shown" in command.text("learn")


def read_list(command: Command) -> list[dict[str, object]]:
    """Run the command with ``--json``."""
    found = command.read("learn")
    assert isinstance(found, list)
    return found
