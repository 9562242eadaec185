"""One SOP instance many times at once, through real sockets into the durable keeper."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine, select

from tests.builders.dataset import encoded, film_dataset
from tests.builders.keeper import keeping
from tests.builders.raw import Journal, RawClient
from tests.builders.studies import FILM
from tests.protocol.conftest import listening
from triage.database import schema
from triage.spool import Spool

SENDERS = 8
SAME = [encoded(film_dataset())] * SENDERS
OTHERS = [encoded(film_dataset(PixelData=bytes([number]) * 512)) for number in range(SENDERS)]


def sent_at_once(films: Sequence[bytes], database: Engine, spool: Spool) -> Journal:
    """Send each film three times, all senders at once."""
    journal = Journal()

    def send(port: int, film: bytes) -> None:
        with RawClient(port) as modality:
            modality.associate()
            for _ in range(3):
                journal.note(FILM, modality.store(film, FILM))
            modality.release()

    with listening(keeping(database, spool)) as scp, ThreadPoolExecutor(len(films)) as pool:
        for done in [pool.submit(send, scp.port, film) for film in films]:
            done.result()
    return journal


def kept_digests(database: Engine) -> list[str]:
    with database.begin() as connection:
        return list(connection.scalars(select(schema.instance.c.digest)))


def test_the_same_film_from_many_senders_at_once_is_one_film(
    database: Engine, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool")

    journal = sent_at_once(SAME, database, spool)

    assert journal.answers == {FILM: [0x0000] * 3 * SENDERS}
    assert kept_digests(database) == list(spool.digests(older_than_s=0))
    assert len(kept_digests(database)) == 1


def test_other_pixels_under_one_uid_overwrite_nothing(database: Engine, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")

    journal = sent_at_once(OTHERS, database, spool)

    assert journal.answers == {FILM: [0x0000] * 3 * SENDERS}
    assert sorted(kept_digests(database)) == sorted(spool.digests(older_than_s=0))
    assert len(kept_digests(database)) == SENDERS
