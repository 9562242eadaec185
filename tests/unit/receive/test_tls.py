"""The context of the listener, and which files it is not made of."""

import os
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.builders.certificates import Authority, Papers, ours
from triage.domain.errors import ConfigurationError
from triage.receive.tls import is_private, words_of

ROOT, SERVICE, SOMEBODY = 0, 990, 1000


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return Authority(tmp_path / "hospital").papers()


def status_of(*, owner: int, mode: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))


def test_a_peer_must_show_a_certificate(papers: Papers) -> None:
    assert ours(papers).verify_mode is ssl.CERT_REQUIRED


def test_versions_begin_with_1_2(papers: Papers) -> None:
    assert ours(papers).minimum_version is ssl.TLSVersion.TLSv1_2


def test_every_suite_has_forward_secrecy_and_authenticated_encryption(papers: Papers) -> None:
    suites = ours(papers).get_ciphers()

    assert {suite["protocol"] for suite in suites} == {"TLSv1.2", "TLSv1.3"}
    assert all(suite["aead"] for suite in suites)
    assert {suite["kea"] for suite in suites} == {"kx-ecdhe", "kx-any"}


def test_nothing_is_compressed_renegotiated_or_resumed(papers: Papers) -> None:
    context = ours(papers)

    for option in (ssl.OP_NO_COMPRESSION, ssl.OP_NO_RENEGOTIATION, ssl.OP_NO_TICKET):
        assert option in context.options
    assert context.num_tickets == 0


@pytest.mark.parametrize("setting", ["certificate", "key", "authorities"])
def test_a_file_that_is_missing_is_named(papers: Papers, tmp_path: Path, setting: str) -> None:
    wrong = replace(papers, **{setting: tmp_path / "nowhere.pem"})

    with pytest.raises(
        ConfigurationError, match=rf"^tls\.{setting}: .*nowhere\.pem: No such file or directory$"
    ):
        ours(wrong)


@pytest.mark.parametrize("setting", ["certificate", "key", "authorities"])
def test_a_file_that_is_no_pem_is_named(papers: Papers, tmp_path: Path, setting: str) -> None:
    scrap = tmp_path / "scrap.pem"
    scrap.touch(mode=0o600)
    scrap.write_text("no certificate, no key")

    with pytest.raises(ConfigurationError, match=rf"^tls\.{setting}: .*scrap\.pem: it "):
        ours(replace(papers, **{setting: scrap}))


def test_a_key_of_another_certificate_is_refused(papers: Papers, tmp_path: Path) -> None:
    other = Authority(tmp_path / "elsewhere").papers()

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .*VALUES_MISMATCH"):
        ours(replace(papers, key=other.key))


def test_a_key_with_a_password_asks_nobody(papers: Papers) -> None:
    key = load_pem_private_key(papers.key.read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    papers.key.write_bytes(locked)

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .* has a password"):
        ours(papers)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620])
def test_a_key_that_others_may_read_is_refused(papers: Papers, mode: int) -> None:
    papers.key.chmod(mode)

    with pytest.raises(ConfigurationError, match=r"^tls\.key: .*others may read it"):
        ours(papers)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_this_user_alone_is_taken(papers: Papers, mode: int) -> None:
    papers.key.chmod(mode)

    assert ours(papers).cert_store_stats()["x509_ca"] == 1


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
