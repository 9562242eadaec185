"""Makes the rows of films anew from their files, and tells again what stored captures say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from triage.daemon.audit import Watched, batches
from triage.daemon.bookmark import Bookmark
from triage.database import restoration
from triage.database.engine import Connection, Engine, database_time
from triage.database.inventory import known_captures
from triage.database.migrate import require_newest
from triage.database.receipts import Receipt
from triage.database.restoration import Row
from triage.database.results import Outcome, Parcel
from triage.database.sweep import known_films
from triage.decode.origin import origin
from triage.domain.errors import DeliveryParked, RejectedInstance
from triage.domain.study import FilmState
from triage.encode.header import identity, read_source, text
from triage.encode.told import Told, read_capture
from triage.receive.kept import name_file
from triage.settings import Pacs
from triage.spool import is_whole, path_in, stored_files

BATCH = 100
RESTORED = "films got their rows"
TOLD = "of these and of films that waited have their result from its capture"
POSTED = "captures are in the outbox again"
ALONE = "captures have no film here that waits, and are left alone"
IN_DOUBT = "captures that wait will be looked up before they are sent"
SENTENCE = "its stored capture told it"
NOTE = "told by its stored capture: to three decimals, without heat maps"
SHADOW = "pacs.return is false"
VIEWS = ("PA", "AP")

Known = Callable[[Connection, Sequence[str]], set[str]]


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """An encoded result that no delivery names."""

    digest: str
    path: Path
    stored_at: datetime
    told: Told

    def is_of(self, film: Path) -> bool:
        """Tell whether a file of its film has its patient too: another has another capture."""
        try:
            return identity(film) == identity(self.path)
        except (DeliveryParked, OSError):
            return False


@dataclass(slots=True)
class Rebuilt:
    """What was done, or would be done; ``unreadable`` has a sentence for each bad file."""

    counts: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys((RESTORED, TOLD, POSTED, ALONE, IN_DOUBT), 0))
    )
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Mapping[str, object]:
        """Everything as plain values."""
        return {"counts": dict(self.counts), "unreadable": self.unreadable}


class Reindex:
    """Rebuilds rows in small transactions, so that it may be broken off and run again.

    What has a row is left as it is, but for films that wait although their capture exists. A film
    without a capture is queued: its scores are in no file.

    Args:
        engine: of a database with this program's schema.
        folder: the data folder.
        pacs: where captures go.
        dry_run: whether every transaction is rolled back.
        watched: goes through the films.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        folder: Path,
        pacs: Pacs,
        dry_run: bool = False,
        watched: Watched = iter,
    ) -> None:
        self._engine = engine
        self._films, self._results = folder / "spool", folder / "results"
        self._bookmark = Bookmark(folder)
        self._pacs = pacs
        self._dry_run = dry_run
        self._watched = watched
        self._done = Rebuilt()
        self._captures: dict[str, list[StoredCapture]] = {}

    def run(self) -> Rebuilt:
        """Rebuild everything that can be known.

        Raises:
            ConfigurationError: the database has another schema than this program.
        """
        with self._transaction() as connection:
            require_newest(connection)
            self._done.counts[IN_DOUBT] = restoration.doubt_waiting(connection)
        for capture in self._stored_captures():
            self._captures.setdefault(capture.told.source_uid, []).append(capture)
        times = dict(stored_files(self._films))
        missing = sorted(self._unknown(times, known_films), key=lambda digest: times[digest])
        batch: list[tuple[Receipt, datetime]] = []
        for film in self._named(missing, times):
            batch.append(film)
            if len(batch) == BATCH:
                self._restore(batch)
                batch = []
        self._restore(batch)
        self._tell_waiting()
        self._done.counts[ALONE] = sum(map(len, self._captures.values()))
        if not self._dry_run:
            with self._transaction() as connection:
                self._bookmark.renew(connection)
        return self._done

    def _restore(self, films: Sequence[tuple[Receipt, datetime]]) -> None:
        if not films:
            return
        uids = {receipt.digest: receipt.sop_instance_uid for receipt, _ in films}
        with self._transaction() as connection:
            now = database_time(connection)
            rows = restoration.restore_films(connection, films, now=now)
            self._done.counts[RESTORED] += len(rows)
            for row in rows:
                self._tell(connection, row, uids[row.digest], now=now)

    def _tell_waiting(self) -> None:
        """Tell the result of films whose row is older than their capture."""
        for uid in sorted(self._captures):
            with self._transaction() as connection:
                now = database_time(connection)
                for row in restoration.waiting_rows(connection, uid, now=now):
                    self._tell(connection, row, uid, now=now)

    def _tell(self, connection: Connection, row: Row, uid: str, *, now: datetime) -> None:
        film = path_in(self._films, row.digest)
        ours = [one for one in self._captures.get(uid, ()) if one.is_of(film)]
        if not ours:
            return
        outcome, at = self._outcome(row, film, ours), max(one.stored_at for one in ours)
        restoration.restore_result(connection, row, outcome, assessed_at=at, now=now)
        self._captures[uid] = [one for one in self._captures[uid] if one not in ours]
        self._done.counts[TOLD] += 1
        self._done.counts[POSTED] += len(outcome.parcels)

    def _outcome(self, row: Row, film: Path, captures: Sequence[StoredCapture]) -> Outcome:
        source, told = read_source(film), max(captures, key=lambda one: one.stored_at).told
        labels = [finding.label for finding in told.assessment.flagged]
        peers = self._pacs.receivers(labels, text(source, "Modality"))
        parked, view = None if self._pacs.returns else SHADOW, text(source, "ViewPosition")
        parcels = (
            Parcel(str(peer), one.told.sop_instance_uid, one.digest, parked, in_doubt=True)
            for peer in peers
            for one in captures
        )
        return Outcome(
            row.film_id,
            FilmState.ASSESSED,
            assessment=told.assessment,
            view=view if view in VIEWS else None,
            notes=(NOTE,),
            origin=origin(source),
            not_returned=SENTENCE,
            parcels=tuple(parcels),
        )

    def _stored_captures(self) -> Iterator[StoredCapture]:
        """Yield the captures that no delivery names."""
        times = dict(stored_files(self._results))
        for digest in sorted(self._unknown(times, known_captures)):
            path = path_in(self._results, digest)
            if not self._is_whole(path):
                continue
            if told := read_capture(path):
                yield StoredCapture(digest, path, _time(times[digest]), told)
            else:
                self._done.unreadable[digest] = "it is no capture of this program"

    def _named(
        self, digests: Sequence[str], times: Mapping[str, float]
    ) -> Iterator[tuple[Receipt, datetime]]:
        for digest in self._watched(digests):
            path = path_in(self._films, digest)
            if not self._is_whole(path):
                continue
            try:
                yield _receipt(path), _time(times[digest])
            except (RejectedInstance, OSError) as error:
                self._done.unreadable[digest] = f"it is no film: {error}"

    def _is_whole(self, path: Path) -> bool:
        try:
            whole = is_whole(path)
        except FileNotFoundError:  # swept meanwhile
            return False
        except OSError as error:
            self._done.unreadable[path.stem] = f"it cannot be read: {error.strerror}"
            return False
        if not whole:
            self._done.unreadable[path.stem] = "its contents are not those of its name"
        return whole

    def _unknown(self, digests: Iterable[str], known: Known) -> Iterator[str]:
        for batch in batches(list(digests)):
            with self._engine.begin() as connection:
                unknown = set(batch) - known(connection, batch)
            yield from unknown

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin() as transaction:
            yield connection
            if self._dry_run:
                transaction.rollback()


def _receipt(path: Path) -> Receipt:
    arrival = name_file(path)
    return Receipt(
        sop_instance_uid=arrival.sop_instance_uid,
        sop_class_uid=arrival.sop_class_uid,
        study_uid=arrival.study_uid,
        series_uid=arrival.series_uid,
        modality=arrival.modality,
        transfer_syntax_uid=arrival.transfer_syntax_uid,
        digest=path.stem,
        bytes=path.stat().st_size,
    )


def _time(stored_s: float) -> datetime:
    return datetime.fromtimestamp(stored_s, UTC)
