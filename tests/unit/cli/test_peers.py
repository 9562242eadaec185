"""Whom PEER means."""

from dataclasses import asdict
from pathlib import Path

import pytest
import typer

from tests.builders.certificates import Authority
from triage.cli.peers import cases
from triage.domain.errors import ConfigurationError
from triage.domain.study import Peer
from triage.settings import Pacs, Settings, Tls, Worklist
from triage.settings.sections import FurtherDestination


def further(title: str, host: str, *, tls: bool = False) -> FurtherDestination:
    return FurtherDestination(ae_title=title, host=host, port=104, tls=tls)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    papers = Authority(tmp_path / "hospital").papers()
    others = (
        further("CHEST", "10.1.2.11", tls=True),
        further("TWICE", "10.1.2.12"),
        further("TWICE", "10.1.2.13"),
    )
    return Settings(tls=Tls(**asdict(papers)), pacs=Pacs(further=others))


def test_without_a_name_all_are_meant(settings: Settings) -> None:
    found = cases(settings, None)

    assert [case.peer for case in found] == [*settings.pacs.peers]
    assert [case.section for case in found[:2]] == ["pacs", "CHEST in pacs.further"]


def test_whom_the_night_asks_is_meant_too() -> None:
    night = Worklist(pacs=further("ARCHIVE", "10.1.2.13"), mwl=further("RIS", "10.1.2.14"))

    found = cases(Settings(worklist=night), None)

    assert [case.section for case in found] == ["pacs", "worklist.pacs", "worklist.mwl"]


@pytest.mark.parametrize("name", ["CHEST", "CHEST@10.1.2.11:104"])
def test_one_is_meant_by_title_or_in_full_with_its_tls(settings: Settings, name: str) -> None:
    (case,) = cases(settings, name)

    assert (case.peer.host, case.title) == ("10.1.2.11", "TRIAGE")
    assert case.tls is not None
    assert case.tls.name == "10.1.2.11"


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("OTHER@10.9.9.9:11112", Peer("OTHER", "10.9.9.9", 11112)),
        ("OTHER@[2001:db8::7]:104", Peer("OTHER", "2001:db8::7", 104)),
        ("MY PACS@pacs.example:104", Peer("MY PACS", "pacs.example", 104)),
    ],
)
def test_anybody_is_meant_who_is_spelt_out(settings: Settings, name: str, peer: Peer) -> None:
    (case,) = cases(settings, name)

    assert (case.peer, case.section, case.tls) == (peer, "PEER", None)


@pytest.mark.parametrize("name", ["SIXTH@[2001:db8::7]:104", "SIXTH@2001:db8::7:104"])
def test_one_of_an_ipv6_address_is_meant_with_brackets_or_without(name: str) -> None:
    known = Settings(pacs=Pacs(further=(further("SIXTH", "2001:db8::7"),)))

    (case,) = cases(known, name)

    assert (case.section, case.peer.spelt_out) == (
        "SIXTH in pacs.further",
        "SIXTH@[2001:db8::7]:104",
    )


@pytest.mark.parametrize("name", ["OTHER@10.9.9.9:2762", "PACS"])
def test_tls_may_be_asked_for(settings: Settings, name: str) -> None:
    (case,) = cases(settings, name, tls=True)

    assert case.tls is not None


def test_tls_without_a_certificate_is_a_matter_of_settings() -> None:
    with pytest.raises(ConfigurationError, match=r"tls\.certificate"):
        cases(Settings(), "PACS", tls=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NOBODY", "AE@HOST:PORT, or one of PACS@"),
        ("TWICE", r"say which: TWICE@10\.1\.2\.12:104, TWICE@10\.1\.2\.13:104"),
        ("OTHER@10.9.9.9", "AE@HOST:PORT"),
        ("OTHER@10.9.9.9:0", "AE@HOST:PORT"),
        ("OTHER@10.9.9.9:65536", "AE@HOST:PORT"),
        ("@10.9.9.9:104", "AE@HOST:PORT"),
        ("A" * 17 + "@10.9.9.9:104", "AE@HOST:PORT"),
    ],
)
def test_whom_nobody_knows_is_not_guessed(settings: Settings, name: str, said: str) -> None:
    with pytest.raises(typer.BadParameter, match=said):
        cases(settings, name)
