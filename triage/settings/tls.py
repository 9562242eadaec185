"""TLS as BCP 195 wants it (PS3.15 B.12), with a certificate on both sides."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from triage.domain.errors import ConfigurationError
from triage.domain.study import Peer
from triage.settings.sections import Settings, Tls

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"
"""What TLS 1.2 may use: forward secrecy and AEAD (RFC 9325 section 4.2); 1.3 has nothing else."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """How a connection that we open begins: in this context, with a peer of this name.

    ``name`` is what the peer's certificate must bear: a host name or an address.
    """

    context: ssl.SSLContext
    name: str


def server_context(*, certificate: Path, key: Path, authorities: Path) -> ssl.SSLContext:
    """Make the context of a listener that takes only peers with a certificate.

    Args:
        certificate: own certificate, and what lies between it and its authority; PEM.
        key: its private key, without a password; PEM.
        authorities: the certificates of those whose word is taken for a peer; PEM.

    Raises:
        ConfigurationError: a file cannot be read or used, others may read the key, or it is
            not the certificate's; the message names setting and file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Every association shows its certificate: a ticket would outlive it.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_REQUIRED
    return _furnished(context, certificate, key, authorities)


def client_context(*, certificate: Path, key: Path, authorities: Path) -> ssl.SSLContext:
    """Make the context of connections that we open; the peer's name is checked too.

    Args and errors are those of ``server_context``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asks for certificate and name
    return _furnished(context, certificate, key, authorities)


def handshake_with(name: str, files: Tls) -> Handshake:
    """Prepare for a peer that speaks TLS and whose certificate bears a name.

    Raises:
        ConfigurationError: a file is not named, or cannot be used; or no certificate can bear
            that name.
    """
    if files.certificate is None or files.key is None or files.authorities is None:
        raise ConfigurationError("TLS needs tls.certificate, tls.key and tls.authorities")
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise ConfigurationError(f"TLS: {name!r} is no host's name") from error
    context = client_context(
        certificate=files.certificate, key=files.key, authorities=files.authorities
    )
    return Handshake(context, name)


def handshake_of(settings: Settings, peer: Peer) -> Handshake | None:
    """Prepare for somebody whom we call; ``None`` for one that speaks plain DICOM, or is unknown.

    Raises:
        ConfigurationError: a file cannot be used.
    """
    for destination in settings.called:
        if destination.peer == peer and destination.tls:
            return handshake_with(destination.tls_name or peer.host, settings.tls)
    return None


def is_private(status: os.stat_result, *, user: int) -> bool:
    """Tell whether a file is this user's alone, or lent to this user by root.

    A service manager's credential belongs to root, and its group, or a list that shows as its
    group, may read it.
    """
    if status.st_uid == user:
        return not status.st_mode & 0o077
    return status.st_uid == 0 and not status.st_mode & 0o037


def words_of(error: ssl.SSLError) -> str:
    """Say why TLS failed, in OpenSSL's words; nothing in them is the peer's."""
    said = error.reason or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"{said} ({error.verify_message})"
    return f"TLS: {said.replace('_', ' ').lower()}"


def _furnished(
    context: ssl.SSLContext, certificate: Path, key: Path, authorities: Path
) -> ssl.SSLContext:
    for setting, file in (("certificate", certificate), ("key", key), ("authorities", authorities)):
        _check_readable(setting, file)
    if not is_private(key.stat(), user=os.geteuid()):
        raise _wrong("key", key, "others may read it: chmod 600")
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996 ends what is older
    context.set_ciphers(SUITES)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    _trust("authorities", authorities, context)
    _trust("certificate", certificate, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # is it one at all?
    _show(certificate, key, context)
    return context


def _check_readable(setting: str, file: Path) -> None:
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise _wrong(setting, file, str(error.strerror)) from error


def _trust(setting: str, file: Path, context: ssl.SSLContext) -> None:
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError as error:
        raise _wrong(setting, file, "it holds no certificate in PEM") from error


def _show(certificate: Path, key: Path, context: ssl.SSLContext) -> None:
    def no_password() -> str:
        """Refuse where OpenSSL would ask on the terminal."""
        raise _wrong("key", key, "it has a password: a daemon cannot be asked for it")

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as error:
        said = error.reason or "no PEM"
        because = f"it is no key, or none for tls.certificate {certificate} ({said})"
        raise _wrong("key", key, because) from error


def _wrong(setting: str, file: Path, because: str) -> ConfigurationError:
    return ConfigurationError(f"tls.{setting}: {file}: {because}")
