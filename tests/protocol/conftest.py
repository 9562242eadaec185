"""A real listener on loopback, and peers that speak to it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pynetdicom import AE, _config, build_context
from pynetdicom.association import Association

from tests.builders.closing import close_meanwhile
from tests.builders.dataset import CR, encoded, film_dataset, part10
from tests.builders.keeper import MemoryKeeper
from tests.builders.studies import EXPLICIT
from triage.receive.admission import Admission
from triage.receive.book import Book
from triage.receive.connection import Limits
from triage.receive.keeper import Keeper, Reports
from triage.receive.listening import listen_on
from triage.receive.scp import StorageSCP
from triage.receive.streaming import DataPhase
from triage.receive.visitor import Serving


def listener(
    keeper: Keeper,
    *,
    admission: Admission | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    data_phase: Serving | None = DataPhase,
    book: Book | None = None,
    reports: Reports | None = None,
) -> StorageSCP:
    """Listen on a free port until somebody stops it."""
    return StorageSCP(
        listen_on("127.0.0.1", 0),
        ae_title="TRIAGE",
        keeper=keeper,
        admission=admission or Admission(),
        limits=limits,
        tls=tls,
        data_phase=data_phase,
        book=book,
        reports=reports,
    )


@contextmanager
def listening(
    keeper: Keeper,
    *,
    admission: Admission | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    data_phase: Serving | None = DataPhase,
    book: Book | None = None,
    reports: Reports | None = None,
) -> Iterator[StorageSCP]:
    """Listen on a free port, and stop at the end."""
    scp = listener(
        keeper,
        admission=admission,
        limits=limits,
        tls=tls,
        data_phase=data_phase,
        book=book,
        reports=reports,
    )
    try:
        yield scp
    finally:
        close_meanwhile(lambda: scp.stop(grace_s=5.0))


@pytest.fixture
def keeper() -> MemoryKeeper:
    return MemoryKeeper()


@pytest.fixture(params=[DataPhase, None], ids=["streaming", "pynetdicom"])
def data_phase(request: pytest.FixtureRequest) -> Serving | None:
    """Our own data phase and pynetdicom's in turn: both behave alike."""
    chosen: Serving | None = request.param
    return chosen


@pytest.fixture
def scp(keeper: MemoryKeeper, data_phase: Serving | None) -> Iterator[StorageSCP]:
    """A listener that admits everybody."""
    with listening(keeper, data_phase=data_phase) as scp:
        yield scp


@pytest.fixture
def chunked() -> None:
    """Let pynetdicom send a file's bytes as they are, so that they may be wrong."""
    _config.STORE_SEND_CHUNKED_DATASET = True


@contextmanager
def calling(
    scp: StorageSCP,
    *,
    sop_class_uid: str = CR,
    transfer_syntax_uid: str | list[str] = EXPLICIT,
    ae_title: str = "CR1",
    timeout_s: float = 10.0,
) -> Iterator[Association]:
    """Associate as a modality does, and release at the end."""
    entity = AE(ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
    context = build_context(sop_class_uid, transfer_syntax_uid)
    association = entity.associate("127.0.0.1", scp.port, [context], ae_title="TRIAGE")
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One whole CR film."""
    return part10(tmp_path, encoded(film_dataset()))
