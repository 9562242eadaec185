"""Which PACS a command means: PEER, or all that are configured."""

from typing import Annotated

import typer

from triage.daemon.advice import Case
from triage.domain.study import Peer
from triage.settings import Settings
from triage.settings.tls import handshake_of, handshake_with

HELP = "AE title of one in the settings, or AE@HOST:PORT."
PeerName = Annotated[str, typer.Argument(metavar="PEER", help=HELP)]
SomePeer = Annotated[str | None, typer.Argument(metavar="[PEER]", help=HELP)]
WithTls = Annotated[bool, typer.Option("--tls", help="Speak TLS to AE@HOST:PORT.")]
_LONGEST_TITLE, _MOST_PORT = 16, 65_535


def cases(settings: Settings, name: str | None, *, tls: bool = False) -> list[Case]:
    """Return the destinations of that name; all where none is named.

    Raises:
        typer.BadParameter: nobody has that name, or several have it.
        ConfigurationError: a TLS file cannot be used.
    """
    peers = [*dict.fromkeys(destination.peer for destination in settings.called)]
    known = [peer for peer in peers if name in {None, peer.ae_title, str(peer), peer.spelt_out}]
    if name is None or len(known) == 1:
        return [_configured(settings, peer, tls=tls) for peer in known]
    if known:
        which = ", ".join(peer.spelt_out for peer in known)
        raise typer.BadParameter(f"PEER {name}: say which: {which}")
    peer = _spelt_out(name, [peer.spelt_out for peer in peers])
    handshake = handshake_with(peer.host, settings.tls) if tls else None
    return [Case(peer, settings.listener.ae_title, tls=handshake)]


def _configured(settings: Settings, peer: Peer, *, tls: bool) -> Case:
    handshake = handshake_of(settings, peer)
    if tls and handshake is None:
        handshake = handshake_with(peer.host, settings.tls)
    return Case(peer, settings.listener.ae_title, _section(settings, peer), handshake)


def _section(settings: Settings, peer: Peer) -> str:
    """Name the place of the settings where somebody is called."""
    if peer == settings.pacs.peer:
        return "pacs"
    if peer in settings.pacs.peers:
        return f"{peer.ae_title} in pacs.further"
    night = settings.worklist
    return "worklist.pacs" if night.pacs is not None and night.pacs.peer == peer else "worklist.mwl"


def _spelt_out(name: str, known: list[str]) -> Peer:
    """Read AE@HOST:PORT."""
    title, _, place = name.partition("@")
    host, _, port = place.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    right = port.isdecimal() and 0 < int(port) <= _MOST_PORT
    if not (host and right and 0 < len(title) <= _LONGEST_TITLE):
        raise typer.BadParameter(f"PEER {name}: AE@HOST:PORT, or one of {', '.join(known)}")
    return Peer(title, host, int(port))
