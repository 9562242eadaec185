"""Who was turned away at the door, and why."""

from dataclasses import dataclass
from enum import StrEnum


class DoorCode(StrEnum):
    """Why a connection, an association or an instance was turned away."""

    INSTANCE = "instance"
    """A C-STORE was answered with a failure; the status says which."""

    CALLING = "calling_ae_title"
    """Calling AE title and host are not on the list."""

    CALLED = "called_ae_title"
    """The called AE title is none of ours."""

    CROWD = "too_many"
    """More associations or connections than the limit."""

    TLS = "tls"
    """No handshake, or no certificate that we trust."""

    STRANGE = "no_association"
    """Nothing, or something that is no DICOM, came before an association."""

    PROTOCOL = "protocol"
    """An established association broke the upper layer protocol, or stopped in mid-message."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One entry of the door's book; no patient attribute.

    ``times`` above 1 stands for as many alike from one host, told at once.
    """

    code: DoorCode
    host: str
    sentence: str
    calling_ae_title: str = ""
    called_ae_title: str = ""
    status: int | None = None
    times: int = 1
