"""The contexts of both directions, and which files they are not made of."""

import os
import ssl
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.builders.certificates import Authority, Papers, ours, outward
from triage.domain.errors import ConfigurationError
from triage.domain.study import Peer
from triage.settings import Pacs, Settings, Tls, Worklist
from triage.settings.section import Destination
from triage.settings.sections import FurtherDestination
from triage.settings.tls import handshake_of, handshake_with, is_private, words_of

ROOT, SERVICE, SOMEBODY = 0, 990, 1000


Make = Callable[[Papers], ssl.SSLContext]


def theirs(papers: Papers) -> ssl.SSLContext:
    return outward(papers).context


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return Authority(tmp_path / "hospital").papers()


@pytest.fixture(params=[ours, theirs], ids=["listener", "courier"])
def make(request: pytest.FixtureRequest) -> Make:
    """The listener's context, and that of connections that we open."""
    chosen: Make = request.param
    return chosen


def status_of(*, owner: int, mode: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))


def test_a_peer_must_show_a_certificate(make: Make, papers: Papers) -> None:
    assert make(papers).verify_mode is ssl.CERT_REQUIRED


def test_versions_begin_with_1_2(make: Make, papers: Papers) -> None:
    assert make(papers).minimum_version is ssl.TLSVersion.TLSv1_2


def test_every_suite_has_forward_secrecy_and_authenticated_encryption(
    make: Make, papers: Papers
) -> None:
    suites = make(papers).get_ciphers()

    assert {suite["protocol"] for suite in suites} == {"TLSv1.2", "TLSv1.3"}
    assert all(suite["aead"] for suite in suites)
    assert {suite["kea"] for suite in suites} == {"kx-ecdhe", "kx-any"}


def test_nothing_is_compressed_renegotiated_or_resumed(make: Make, papers: Papers) -> None:
    context = make(papers)

    for option in (ssl.OP_NO_COMPRESSION, ssl.OP_NO_RENEGOTIATION):
        assert option in context.options


def test_a_listener_gives_no_tickets(papers: Papers) -> None:
    context = ours(papers)

    assert ssl.OP_NO_TICKET in context.options
    assert context.num_tickets == 0


def test_whom_we_call_must_bear_the_name_that_we_called(papers: Papers) -> None:
    assert theirs(papers).check_hostname


def test_tls_without_files_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"tls\.certificate, tls\.key and"):
        handshake_with("pacs", Tls())


@pytest.mark.parametrize("name", [".pacs", "pacs..example", "p" * 64])
def test_a_name_that_no_host_has_is_refused(papers: Papers, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no host's name"):
        outward(papers, name)


@pytest.mark.parametrize(("tls_name", "name"), [(None, "10.1.2.10"), ("pacs.example", None)])
def test_a_destination_bears_its_host_as_name_or_another(
    papers: Papers, tls_name: str | None, name: str | None
) -> None:
    pacs = Pacs(host="10.1.2.10", tls=True, tls_name=tls_name)
    settings = Settings(tls=Tls(**asdict(papers)), pacs=pacs)

    handshake = handshake_of(settings, pacs.peer)

    assert handshake is not None
    assert handshake.name == (name or tls_name)


def test_whom_the_night_asks_has_its_own_switch_too(papers: Papers) -> None:
    archive = Destination(ae_title="ARCHIVE", host="10.1.2.13", port=2762, tls=True)
    settings = Settings(tls=Tls(**asdict(papers)), worklist=Worklist(pacs=archive))

    assert handshake_of(settings, archive.peer) is not None
    assert handshake_of(settings, settings.pacs.peer) is None


def test_each_destination_has_its_own_switch(papers: Papers) -> None:
    other = FurtherDestination(ae_title="CHEST", host="10.1.2.11", port=2762, tls=True)
    settings = Settings(tls=Tls(**asdict(papers)), pacs=Pacs(further=(other,)))

    assert handshake_of(settings, settings.pacs.peer) is None
    assert handshake_of(settings, other.peer) is not None
    assert handshake_of(settings, Peer("CHEST", "10.9.9.9", 2762)) is None


@pytest.mark.parametrize("setting", ["certificate", "key", "authorities"])
def test_a_file_that_is_missing_is_named(
    make: Make, papers: Papers, tmp_path: Path, setting: str
) -> None:
    wrong = replace(papers, **{setting: tmp_path / "nowhere.pem"})

    with pytest.raises(
        ConfigurationError, match=rf"^tls\.{setting}: .*nowhere\.pem: No such file or directory$"
    ):
        make(wrong)


@pytest.mark.parametrize("setting", ["certificate", "key", "authorities"])
def test_a_file_that_is_no_pem_is_named(
    make: Make, papers: Papers, tmp_path: Path, setting: str
) -> None:
    scrap = tmp_path / "scrap.pem"
    scrap.touch(mode=0o600)
    scrap.write_text("no certificate, no key")

    with pytest.raises(ConfigurationError, match=rf"^tls\.{setting}: .*scrap\.pem: it "):
        make(replace(papers, **{setting: scrap}))


def test_a_key_of_another_certificate_is_refused(
    make: Make, papers: Papers, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "elsewhere").papers()

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .*VALUES_MISMATCH"):
        make(replace(papers, key=other.key))


def test_a_key_with_a_password_asks_nobody(make: Make, papers: Papers) -> None:
    key = load_pem_private_key(papers.key.read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    papers.key.write_bytes(locked)

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .* has a password"):
        make(papers)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620])
def test_a_key_that_others_may_read_is_refused(make: Make, papers: Papers, mode: int) -> None:
    papers.key.chmod(mode)

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .*others may read it"):
        make(papers)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_this_user_alone_is_taken(make: Make, papers: Papers, mode: int) -> None:
    papers.key.chmod(mode)

    assert make(papers).cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize(
    ("owner", "mode", "private"),
    [
        (SERVICE, 0o400, True),
        (SERVICE, 0o440, False),
        (ROOT, 0o440, True),
        (ROOT, 0o444, False),
        (ROOT, 0o460, False),
        (SOMEBODY, 0o640, False),
    ],
)
def test_a_service_may_be_lent_a_key_by_root_alone(owner: int, mode: int, *, private: bool) -> None:
    assert is_private(status_of(owner=owner, mode=mode), user=SERVICE) is private


def test_an_error_is_told_in_words(papers: Papers) -> None:
    papers.certificate.write_text("no certificate")
    nothing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    with pytest.raises(ssl.SSLError) as without_reason:
        nothing.load_cert_chain(papers.certificate)
    with pytest.raises(ssl.SSLError) as with_reason:
        nothing.load_verify_locations(papers.certificate)

    assert words_of(without_reason.value) == "TLS: sslerror"
    assert words_of(with_reason.value) == "TLS: no certificate or crl found"
