"""What a person is told to change, and how the place of a setting is named."""

import socket
import ssl
from dataclasses import replace

import pytest

from triage.daemon.advice import Case, advise, advise_on_move, advise_on_store
from triage.domain.study import Peer
from triage.send.failure import Broken, Failure, Rejected
from triage.settings.tls import Handshake

CASE = Case(Peer("PACS", "10.1.2.10", 104), "TRIAGE", "pacs")
GIVEN = Case(Peer("PACS", "::1", 1), "TRIAGE")
OVER_TLS = replace(CASE, tls=Handshake(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "10.1.2.10"))


def because(failure: Failure, cause: BaseException) -> Broken:
    broken = Broken(failure)
    broken.__cause__ = cause
    return broken


def of_ssl(reason: str, *, verify_code: int | None = None) -> ssl.SSLError:
    error = ssl.SSLError() if verify_code is None else ssl.SSLCertVerificationError()
    error.reason = reason
    if isinstance(error, ssl.SSLCertVerificationError) and verify_code is not None:
        error.verify_code = verify_code
    return error


@pytest.mark.parametrize(
    ("cause", "change"),
    [
        (ConnectionRefusedError(), "nobody listens there: correct pacs.port"),
        (socket.gaierror(), "no such host is known: correct pacs.host"),
        (UnicodeError(), "no such host is known: correct pacs.host"),
        (TimeoutError(), "correct pacs.host and pacs.port, or let the firewall"),
    ],
)
def test_who_cannot_be_reached(cause: BaseException, change: str) -> None:
    assert change in advise(because(Failure.UNREACHABLE, cause), CASE)


@pytest.mark.parametrize(
    ("reason", "verify_code", "change"),
    [
        ("CERTIFICATE_VERIFY_FAILED", 10, "renew the PACS' certificate"),
        ("CERTIFICATE_VERIFY_FAILED", 9, "compare the clocks"),
        ("CERTIFICATE_VERIFY_FAILED", 62, "set pacs.tls_name"),
        ("CERTIFICATE_VERIFY_FAILED", 64, "set pacs.tls_name"),
        ("CERTIFICATE_VERIFY_FAILED", 20, "to tls.authorities"),
        ("TLSV1_ALERT_UNKNOWN_CA", None, "trust the authority that signed tls.certificate"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", None, "speak TLS 1.2 or 1.3"),
        ("UNSUPPORTED_PROTOCOL", None, "speak TLS 1.2 or 1.3"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", None, "speak TLS 1.2 or 1.3"),
        ("WRONG_VERSION_NUMBER", None, "set pacs.tls = false"),
    ],
)
def test_who_makes_no_tls_connection(reason: str, verify_code: int | None, change: str) -> None:
    error = of_ssl(reason, verify_code=verify_code)

    assert change in advise(because(Failure.TLS, error), OVER_TLS)


@pytest.mark.parametrize(
    ("failure", "case", "change"),
    [
        (Failure.TLS, OVER_TLS, "set pacs.tls = false"),
        (Failure.TLS, CASE, "set pacs.tls = true"),
        (Failure.SILENT, OVER_TLS, "set pacs.tls = false if it speaks plain DICOM"),
        (Failure.SILENT, CASE, "correct pacs.port, or look at the PACS why it hangs"),
        (Failure.CLOSED, CASE, "if it wants TLS there, set pacs.tls = true"),
        (Failure.CLOSED, OVER_TLS, "many end so whom they do not know"),
        (Failure.ABORTED, CASE, "many end so whom they do not know"),
        (Failure.GARBLED, CASE, "speaks no DICOM: correct pacs.port"),
        (Failure.REJECTED, CASE, "its log says why"),
    ],
)
def test_who_leaves(failure: Failure, case: Case, change: str) -> None:
    assert change in advise(Broken(failure), case)


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_a_remedy(failure: Failure) -> None:
    assert advise(Broken(failure), CASE)


def test_a_setting_is_named_where_it_stands() -> None:
    case = replace(CASE, section="CHEST in pacs.further")

    assert "correct port of CHEST in pacs.further" in advise(Broken(Failure.GARBLED), case)


@pytest.mark.parametrize(
    ("broken", "change"),
    [
        (because(Failure.UNREACHABLE, ConnectionRefusedError()), "the port in PACS@[::1]:1, or"),
        (because(Failure.UNREACHABLE, socket.gaierror()), "correct the host in PACS@[::1]:1"),
        (Rejected("", source=1, reason=7), "correct the AE title in PACS@[::1]:1 to its own"),
        (Broken(Failure.CLOSED), "if it wants TLS there, give --tls"),
    ],
)
def test_of_whom_no_settings_know_what_was_given_is_corrected(broken: Broken, change: str) -> None:
    assert change in advise(broken, GIVEN)


def test_tls_to_whom_no_settings_know_is_left_out() -> None:
    case = replace(GIVEN, tls=OVER_TLS.tls)

    assert "leave out --tls if it speaks plain DICOM" in advise(Broken(Failure.SILENT), case)


def test_every_status_of_a_store_has_a_remedy() -> None:
    assert all(advise_on_store(status, CASE) for status in range(0x10000))


@pytest.mark.parametrize(
    ("status", "failed", "change"),
    [
        (0xA801, 0, "add TRIAGE at the PACS as a destination: here"),
        (0xA702, 0, "correct where the PACS thinks TRIAGE is (here)"),
        (0x0000, 1, "correct where the PACS thinks TRIAGE is (here)"),
        (0x0124, 0, "permit TRIAGE to retrieve"),
    ],
)
def test_a_move_that_was_not_served(status: int, failed: int, change: str) -> None:
    said = advise_on_move(status, failed=failed, title="TRIAGE", address="here")

    assert change in said
