"""UIDs and titles that are paths, commands or SQL: they are stored as text, and do nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryDraft, MemoryKeeper, keeping
from tests.builders.raw import RawClient
from tests.builders.studies import EXPLICIT, FILM
from tests.protocol.conftest import listening
from triage.database import schema
from triage.receive.arrival import Arrival
from triage.spool import Spool

SPOOLED = re.compile(r"spool/[0-9a-f]{2}/[0-9a-f]{64}\.dcm")
UIDS = {
    "upwards": b"../../x",
    "absolute": b"/tmp/absolute",
    "NUL": b"1.2\0/../../x",
    "65 characters": b"1." + b"2" * 63,
    "1000 characters": b"1." + b"2" * 998,
    "empty": b"",
    "no ASCII": b"1.2.\xe9\xff",
    "newline": b"1.2\n3",
    "shell": b"$(touch x);`id`",
    "SQL": b"'); DROP TABLE instance; --",
}
TITLES = ["'); DROP TABLE", "$(touch x)", "`id`|rm -rf *", '";--', "../../../etc", "%s%n{0}"]


def element(tag: bytes, value: bytes) -> bytes:
    """Encode a UID of any bytes."""
    value += bytes(len(value) % 2)
    return tag + b"UI" + len(value).to_bytes(2, "little") + value


def film_of(uid: bytes, *, patient: str = "Doe^Jane") -> bytes:
    """Encode a film with these bytes as the UIDs of instance, study and series."""
    film = film_dataset(PatientName=patient, PatientID=patient)
    names = {b"\x08\0\x18\0": "SOPInstanceUID", b"\x20\0\x0d\0": "StudyInstanceUID"}
    names |= {b"\x20\0\x0e\0": "SeriesInstanceUID"}
    contents = encoded(film)
    for tag, keyword in names.items():
        contents = contents.replace(element(tag, film[keyword].value.encode()), element(tag, uid))
    return contents


def store(port: int, uid: bytes, *, calling: str = "CR1") -> int | None:
    """Store a film whose command and data set name this UID; its patient is called as it is."""
    with RawClient(port) as modality:
        modality.associate([(CR, [EXPLICIT])], calling=calling)
        status = modality.store(film_of(uid, patient=calling), uid.decode("latin-1"))
        modality.release()
    return status


def strange_files(folder: Path) -> list[str]:
    """Name all files that are not where and how the spool keeps them, nor the database."""
    files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    return [file for file in files if not SPOOLED.fullmatch(file) and "sqlite3" not in file]


@pytest.mark.parametrize("uid", UIDS.values(), ids=UIDS)
def test_a_hostile_uid_is_stored_and_is_never_a_path(
    database: Engine, tmp_path: Path, uid: bytes
) -> None:
    keeper = keeping(database, Spool(tmp_path / "spool"))

    with listening(keeper) as scp:
        status = store(scp.port, uid)

    with database.begin() as connection:
        (row,) = connection.execute(schema.instance.select())
    assert status == 0x0000
    assert re.fullmatch(r"[0-9.]{1,64}", row.sop_instance_uid)
    assert strange_files(tmp_path) == []


@dataclass
class NamesByUid(MemoryKeeper):
    """Names its files as their senders do."""

    folder: Path = field(default_factory=Path)

    def draft(self) -> MemoryDraft:
        return DraftByUid(self, folder=self.folder)


@dataclass
class DraftByUid(MemoryDraft):
    """An instance that gets the name of the file's own UID."""

    folder: Path = field(default_factory=Path)

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        uid = re.findall(rb"\x08\0\x18\0UI..([^\0]+)", bytes(self.contents), re.DOTALL)[0]
        (self.folder / uid.decode()).write_bytes(self.contents)
        return super().keep(arrival, association_id=association_id)


def test_files_that_are_named_as_their_senders_say_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "spool" / "aa"
    folder.mkdir(parents=True)

    with listening(NamesByUid(folder=folder)) as scp:
        store(scp.port, b"../../x")

    assert strange_files(tmp_path) == ["x"]


def told_titles(database: Engine) -> Sequence[str]:
    """Return the titles of associations and of the door's book."""
    with database.begin() as connection:
        opened = connection.scalars(text("SELECT calling_ae_title FROM association ORDER BY id"))
        turned_away = connection.scalars(text("SELECT calling_ae_title FROM door_event"))
        return [*opened, *turned_away]


@pytest.mark.parametrize("title", TITLES)
def test_a_hostile_title_is_stored_as_it_is(database: Engine, tmp_path: Path, title: str) -> None:
    keeper = keeping(database, Spool(tmp_path / "spool"))

    with listening(keeper) as scp:
        kept = store(scp.port, FILM.encode(), calling=title)
        refused = store_another(scp.port, title)
    keeper.settle()

    assert (kept, refused) == (0x0000, 0xA900)
    assert told_titles(database) == [title, title]
    assert strange_files(tmp_path) == []


def store_another(port: int, title: str) -> int | None:
    """Store a film whose command names another instance."""
    with RawClient(port) as modality:
        modality.associate([(CR, [EXPLICIT])], calling=title)
        return modality.store(film_of(FILM.encode(), patient=title), "2.25.999")


def pasted(database: Engine, title: str) -> None:
    """Open an association as nobody should: with SQL that is pasted together."""
    statement = f"INSERT INTO association (calling_ae_title) VALUES ('{title}')"  # noqa: S608
    with database.begin() as connection:
        connection.exec_driver_sql(statement)


def test_sql_that_is_pasted_together_is_noticed(database: Engine) -> None:
    with pytest.raises(DBAPIError):
        pasted(database, TITLES[0])
