"""What is listed for a night, asked as the settings say; over TLS too."""

import threading
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from tests.builders.certificates import Authority, ours
from tests.builders.matches import answering, match, matching
from tests.builders.scripted import Talk, scripted_pacs
from triage.daemon.lister import Lister
from triage.domain.study import Peer
from triage.send.failure import Broken
from triage.send.message import C_FIND_RQ
from triage.settings import Settings, load_settings

DAY = date(2026, 1, 5)
LEVELS = {
    "STUDY": [match(StudyInstanceUID="2.25.100"), match(StudyInstanceUID="2.25.200")],
    "SERIES": [match(SeriesInstanceUID="2.25.100.1", Modality="CR")],
    "IMAGE": [match(SOPInstanceUID="2.25.101")],
}
STUDY_LEVEL = 2
"""Queries for studies: one for each modality."""


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


@pytest.mark.parametrize(("stopped", "asked"), [(True, STUDY_LEVEL), (False, STUDY_LEVEL + 4)])
def test_who_is_told_to_stop_asks_for_no_further_study(
    hospital: Authority, stopped: bool, asked: int
) -> None:
    stop = threading.Event()
    if stopped:
        stop.set()
    with scripted_pacs(answering(matching(LEVELS))) as pacs:
        lister = Lister(settings_of(hospital, pacs.peer, tls="false"), stop=stop)
        with suppress(Broken):
            lister.list(DAY)

        assert len(pacs.heard(C_FIND_RQ)) == asked


def test_a_list_that_was_broken_off_is_none(hospital: Authority) -> None:
    stop = threading.Event()
    stop.set()
    with scripted_pacs(answering(matching(LEVELS))) as pacs:
        lister = Lister(settings_of(hospital, pacs.peer, tls="false"), stop=stop)
        with pytest.raises(Broken, match="was left before it had listed everything"):
            lister.list(DAY)
