"""Who may associate, by which titles, and from where."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from triage.domain.door import DoorCode
from triage.receive.pdu import (
    CALLED_AE_NOT_RECOGNIZED,
    CALLING_AE_NOT_RECOGNIZED,
    Rejection,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an association is not wanted, for the peer and for the door's book."""

    code: DoorCode
    sentence: str
    rejection: Rejection


class Admission:
    """The allow lists.

    Args:
        allowed: pairs of calling AE title and the address or network it must call from; no
            pair admits everybody.
        called: the called AE titles that are ours; none takes any.
    """

    def __init__(
        self, allowed: Iterable[tuple[str, str]] = (), *, called: Iterable[str] = ()
    ) -> None:
        self._allowed: dict[str, list[Network]] = {}
        for ae_title, network in allowed:
            self._allowed.setdefault(ae_title.strip(), []).append(ipaddress.ip_network(network))
        self._called = frozenset(title.strip() for title in called)

    def objection(self, *, calling: str, called: str, host: str) -> Objection | None:
        """Say why this association is not wanted; ``None`` admits it.

        >>> Admission([("CR1", "10.1.2.0/24")]).objection(
        ...     calling="CR1 ", called="TRIAGE", host="10.1.3.4"
        ... ).code
        <DoorCode.CALLING: 'calling_ae_title'>
        """
        if self._allowed and not self._admits(calling.strip(), host):
            return Objection(
                DoorCode.CALLING,
                "calling AE title and host are not in listener.allowed",
                CALLING_AE_NOT_RECOGNIZED,
            )
        if self._called and called.strip() not in self._called:
            return Objection(
                DoorCode.CALLED,
                "called AE title is not in listener.called",
                CALLED_AE_NOT_RECOGNIZED,
            )
        return None

    def _admits(self, ae_title: str, host: str) -> bool:
        address = address_of(host)
        return any(address in network for network in self._allowed.get(ae_title, ()))


def address_of(host: str) -> Address:
    """Return a peer's address as the allow list names it.

    Raises:
        ValueError: ``host`` is no address.

    >>> str(address_of("::ffff:10.1.2.3")), str(address_of("fe80::1%eth0"))
    ('10.1.2.3', 'fe80::1')
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped: Address | None = getattr(address, "ipv4_mapped", None)
    return mapped or address  # an IPv4 peer of a socket for both is mapped
