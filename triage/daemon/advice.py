"""What a person changes, at the PACS or here, so that a PACS does what it did not."""

import socket
import ssl
from dataclasses import dataclass

from triage.domain.study import Peer
from triage.send.failure import Broken, Failure, Rejected
from triage.settings.tls import Handshake

CALLING_UNKNOWN, CALLED_UNKNOWN = (1, 3), (1, 7)
APPLICATION_CONTEXT, PROTOCOL = (1, 2), (2, 2)
CONGESTION, LIMIT = (3, 1), (3, 2)
"""Source and reason of a rejection (PS3.8 9.3.4)."""

DESTINATION_UNKNOWN, SUBOPERATIONS_FAIL = 0xA801, 0xA702
"""Statuses of a C-MOVE (PS3.4 C.4.2.1.5)."""

NAME_MISMATCH, ADDRESS_MISMATCH = 62, 64
NOT_YET_VALID, EXPIRED = 9, 10
"""Codes of OpenSSL's verification."""

GIVEN = "PEER"
"""The section of a peer that is in no settings, but was given as AE@HOST:PORT."""
_PARTS = {"ae_title": "AE title"}


@dataclass(frozen=True, slots=True)
class Case:
    """A peer, how we call it, and where it is set; ``section`` is that place's name."""

    peer: Peer
    title: str
    section: str = GIVEN
    tls: Handshake | None = None

    @property
    def add_us(self) -> str:
        """What most often is missing at a PACS."""
        return f"add AE title {self.title} with this machine's address at the PACS"

    def key(self, name: str) -> str:
        """Name a setting of this peer, or a part of what was given instead."""
        if self.section == GIVEN:
            return f"the {_PARTS.get(name, name)} in {self.peer.spelt_out}"
        own = self.section in {"pacs", "worklist.pacs", "worklist.mwl"}
        return f"{self.section}.{name}" if own else f"{name} of {self.section}"

    def turn_tls(self, *, on: bool) -> str:
        """Say how TLS is spoken to this peer, or no longer."""
        if self.section == GIVEN:
            return "give --tls" if on else "leave out --tls"
        return f"set {self.key('tls')} = {'true' if on else 'false'}"


def advise(broken: Broken, case: Case) -> str:
    """Say which setting to change where a conversation ended without an answer."""
    if isinstance(broken, Rejected):
        return _rejected(broken, case)
    if broken.failure is Failure.UNREACHABLE:
        return _unreachable(broken.__cause__, case)
    if broken.failure is Failure.TLS:
        return _tls(broken.__cause__, case)
    return _left(broken.failure, case)


def _left(failure: Failure, case: Case) -> str:
    port = case.key("port")
    if failure is Failure.GARBLED:
        return f"what answers there speaks no DICOM: correct {port}"
    if failure is Failure.SILENT:
        other = f"{case.turn_tls(on=False)} if it speaks plain DICOM there; " if case.tls else ""
        return f"{other}correct {port}, or look at the PACS why it hangs (pacs.timeout_s)"
    if failure is Failure.CLOSED and case.tls is None:
        return f"{case.add_us}; if it wants TLS there, {case.turn_tls(on=True)}"
    return f"{case.add_us}: many end so whom they do not know; its log says why"


def _rejected(rejected: Rejected, case: Case) -> str:
    title, called, port = case.key("ae_title"), case.peer.ae_title, case.key("port")
    sentences = {
        CALLING_UNKNOWN: f"{case.add_us}, or set listener.ae_title to the one that it knows",
        CALLED_UNKNOWN: f"the PACS does not go by {called}: correct {title} to its own AE title",
        APPLICATION_CONTEXT: f"what answers there is no DICOM application: correct {port}",
        PROTOCOL: f"what answers there speaks another DICOM protocol: correct {port}",
        CONGESTION: "the PACS is busy: raise its limit of associations, or try later",
        LIMIT: f"the PACS has no association free: raise its limit for {case.title}, or try later",
    }
    otherwise = f"{case.add_us}, and check {title}; its log says why"
    return sentences.get((rejected.source, rejected.reason), otherwise)


def _unreachable(cause: BaseException | None, case: Case) -> str:
    host, port = case.key("host"), case.key("port")
    if isinstance(cause, ConnectionRefusedError):
        return f"nobody listens there: correct {port}, or start the PACS' DICOM service"
    if isinstance(cause, socket.gaierror | UnicodeError):
        return f"no such host is known: correct {host}"
    return f"correct {host} and {port}, or let the firewall between pass them"


def _tls(cause: BaseException | None, case: Case) -> str:
    port = case.key("port")
    if case.tls is None:
        return f"{case.turn_tls(on=True)}, or correct {port} to its port of plain DICOM"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _unverified(cause.verify_code, case)
    said = cause.reason or "" if isinstance(cause, ssl.SSLError) else ""
    if "PROTOCOL" in said or "CIPHER" in said or "HANDSHAKE_FAILURE" in said:
        return "let the PACS speak TLS 1.2 or 1.3 with forward secrecy and AEAD (BCP 195)"
    if "ALERT" in said:
        return "let the PACS trust the authority that signed tls.certificate, and check its dates"
    return (
        f"it speaks plain DICOM there: {case.turn_tls(on=False)}, or correct {port} to its TLS port"
    )


def _unverified(code: int, case: Case) -> str:
    if code in {NAME_MISMATCH, ADDRESS_MISMATCH}:
        return f"set {case.key('tls_name')} to the name that the PACS' certificate bears"
    if code in {EXPIRED, NOT_YET_VALID}:
        return "renew the PACS' certificate, and compare the clocks"
    return "add the authority that signed the PACS' certificate to tls.authorities"


def advise_on_store(status: int, case: Case) -> str:
    """Say what to change where a C-STORE was answered with a failure or a warning."""
    sentences = (
        (range(0xA700, 0xA800), "make room at the PACS: it says that it is out of resources"),
        (range(0xA800, 0xA801), "let the PACS take Secondary Capture"),
        (range(0x0122, 0x0123), "let the PACS take Secondary Capture"),
        (range(0x0124, 0x0125), f"permit {case.title} to store at the PACS"),
        (range(0xB000, 0xC000), "the PACS changes what it stores: see its coercion rules"),
    )
    found = (sentence for codes, sentence in sentences if status in codes)
    return next(found, "the PACS' log says what it dislikes about the test object")


def advise_on_move(status: int, *, failed: int, title: str, address: str) -> str:
    """Say what to change where a C-MOVE to us was not served."""
    if status == DESTINATION_UNKNOWN:
        return f"add {title} at the PACS as a destination: {address}"
    if status == SUBOPERATIONS_FAIL or failed:
        return (
            f"correct where the PACS thinks {title} is ({address}), and let it in: listener.allowed"
        )
    return f"permit {title} to retrieve at the PACS; its log says why not"
