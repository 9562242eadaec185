"""``triage discard STUDY --reason TEXT``, and ``triage discard --destination PEER``."""

from typing import Annotated

import typer

from triage.cli.options import SettingsFile, settings_from, transaction, who
from triage.database.operator import discard as discard_study
from triage.database.undelivered import give_up

Study = Annotated[str | None, typer.Argument(metavar="STUDY", help="Study Instance UID.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept, so it names no patient.")]
Destination = Annotated[
    str | None,
    typer.Option(metavar="PEER", help="One that the settings do not name, as status prints it."),
]


def discard(
    reason: Reason,
    study: Study = None,
    destination: Destination = None,
    settings: SettingsFile = None,
) -> None:
    """Give a DEAD study up: its waiting films end NOT_ASSESSED with the reason.

    With --destination instead of STUDY, give up what waits for a destination that is no more.
    """
    if (study is None) == (destination is None):
        raise typer.BadParameter("STUDY or --destination, one of them")
    if destination is not None and settings_from(settings).pacs.serves(destination):
        raise typer.BadParameter(f"--destination {destination}: its results are on their way")
    with transaction(settings) as (connection, now):
        why = {"reason": reason, "actor": who()}
        if destination is not None:
            print(give_up(connection, destination, now=now, **why))
        elif study is not None:
            print(discard_study(connection, study, now=now, **why))
