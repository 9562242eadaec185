"""What is listed for a night, asked as the settings say; over TLS too."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders.certificates import Authority, ours
from tests.builders.scripted import Talk, scripted_pacs
from triage.daemon.lister import Lister
from triage.domain.study import Peer
from triage.send.failure import Broken
from triage.send.message import C_FIND_RQ
from triage.settings import Settings, load_settings

DAY = date(2026, 1, 5)


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "hospital")


def settings_of(hospital: Authority, peer: Peer, *, tls: str) -> Settings:
    """Settings of a night that asks this peer."""
    papers = hospital.papers("TRIAGE")
    return load_settings(
        None,
        environment={
            "TRIAGE_TLS__CERTIFICATE": str(papers.certificate),
            "TRIAGE_TLS__KEY": str(papers.key),
            "TRIAGE_TLS__AUTHORITIES": str(papers.authorities),
            "TRIAGE_PACS__PORT": str(peer.port),
            "TRIAGE_PACS__TLS": tls,
            "TRIAGE_PACS__TIMEOUT_S": "5",
        },
    )


def empty(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


def test_a_pacs_is_asked_over_tls_where_the_settings_say_so(hospital: Authority) -> None:
    with scripted_pacs(empty, tls=ours(hospital.papers())) as pacs:
        listing = Lister(settings_of(hospital, pacs.peer, tls="true")).list(DAY)

        assert pacs.heard(C_FIND_RQ)
    assert listing.studies == ()


def test_a_pacs_of_tls_would_not_be_asked_in_the_clear(hospital: Authority) -> None:
    with scripted_pacs(empty, tls=ours(hospital.papers())) as pacs:
        lister = Lister(settings_of(hospital, pacs.peer, tls="false"))
        with pytest.raises(Broken):
            lister.list(DAY)

        assert pacs.heard(C_FIND_RQ) == []
