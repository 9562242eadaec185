"""``triage learn``."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from triage.cli.options import AsJson, SettingsFile, print_json, settings_from, transaction
from triage.database.door import Knock, turned_away
from triage.domain.door import DoorCode
from triage.receive.admission import Admission, address_of
from triage.settings import AllowedPeer

MOST = 500

Days = Annotated[int, typer.Option(min=1, max=3650, help="How far to look back.")]


def learn(settings: SettingsFile = None, days: Days = 30, as_json: AsJson = False) -> None:
    """List who was turned away at the door, and the line of settings that lets a caller in."""
    allowed = settings_from(settings).listener.allowed
    with transaction(settings) as (connection, now):
        knocks = turned_away(connection, since=now - timedelta(days=days), most=MOST)
    lines = [_line(knock, allowed) for knock in knocks]
    if as_json:
        pairs = zip(knocks, lines, strict=True)
        print_json([{**asdict(knock), "allow": line} for knock, line in pairs])
    else:
        _show(knocks, lines, days)


def _line(knock: Knock, allowed: Sequence[AllowedPeer]) -> str | None:
    """Return what to add to ``listener.allowed``; ``None`` where nothing is missing or would do.

    A title is quoted as TOML wants it: a peer chooses it, and a person pastes it.
    """
    if knock.code is not DoorCode.CALLING or _is_known(knock, allowed):
        return None
    try:
        peer = AllowedPeer(ae_title=knock.calling_ae_title, host=str(address_of(knock.host)))
    except ValueError:  # no address and title that settings could name
        return None
    title, host = json.dumps(peer.ae_title), json.dumps(peer.host)
    return f"{{ ae_title = {title}, host = {host} }},"


def _is_known(knock: Knock, allowed: Sequence[AllowedPeer]) -> bool:
    """Tell whether the caller has been let in since; an empty list lets in nobody new."""
    admission = Admission((peer.ae_title, peer.host) for peer in allowed)
    title, called = knock.calling_ae_title, knock.called_ae_title
    objection = admission.objection(calling=title, called=called, host=knock.host)
    return bool(allowed) and objection is None


def _show(knocks: Sequence[Knock], lines: Sequence[str | None], days: int) -> None:
    if not knocks:
        print(f"nobody was turned away in {days} days")
        return
    print(f"turned away in {days} days, the latest first (UTC)")
    for knock in knocks:
        to = f" to {knock.called_ae_title}" if knock.called_ae_title else ""
        print(
            f"{knock.times:>7}  {knock.calling_ae_title or '-'}@{knock.host}{to}  "
            f"{_time(knock.first_at)} - {_time(knock.last_at)}"
        )
        print(f"         {knock.code}: {knock.sentence}")
    if len(knocks) == MOST:
        print(f"... and perhaps more: no more than {MOST} are shown")
    if wanted := [*dict.fromkeys(line for line in lines if line)]:
        print("add to listener.allowed the lines of those that you know, and restart:")
        print("\n".join(f"    {line}" for line in wanted))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
