"""Certificates of a hospital's own authority and of strangers, as files in PEM."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from triage.settings import Tls
from triage.settings.tls import Handshake, handshake_with, server_context

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
EVERY_SUITE = "ALL:@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class Papers:
    """One entity's files: its certificate, the key, and whom it trusts."""

    certificate: Path
    key: Path
    authorities: Path


class Authority:
    """Signs certificates; all its files lie in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ca = trustme.CA()
        folder.mkdir()
        self.file = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def papers(self, name: str = "127.0.0.1", *, expired: bool = False) -> Papers:
        """Give an entity a certificate, which may have ended long ago."""
        begin, end = LONG_AGO if expired else (None, None)
        issued = self._ca.issue_cert(name, not_before=begin, not_after=end)
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        key.touch(mode=0o600)
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return Papers(certificate, key, self.file)


def ours(papers: Papers) -> ssl.SSLContext:
    """Make the listener's context, as the product makes it."""
    return server_context(
        certificate=papers.certificate, key=papers.key, authorities=papers.authorities
    )


def outward(papers: Papers, name: str = "127.0.0.1") -> Handshake:
    """Prepare for a PACS of this name, as the product does."""
    files = Tls(certificate=papers.certificate, key=papers.key, authorities=papers.authorities)
    return handshake_with(name, files)


def modality(
    papers: Papers | None, *, trusts: Authority, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """Make a client's context; it shows a certificate if it has one."""
    context = ssl.create_default_context(cafile=trusts.file)
    if papers is not None:
        context.load_cert_chain(papers.certificate, papers.key)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


def antiquated(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Let a context speak this old version too, with every suite that there is."""
    with pytest.deprecated_call():
        context.minimum_version = version
    context.set_ciphers(EVERY_SUITE)
    return context


def hello(context: ssl.SSLContext) -> bytes:
    """Return the ClientHello with which a handshake begins."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1").do_handshake()
    return outgoing.read()
