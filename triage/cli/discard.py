"""``triage discard STUDY --reason TEXT``."""

from typing import Annotated

import typer

from triage.cli.options import SettingsFile, StudyUID, transaction, who
from triage.database.operator import discard as discard_study

Reason = Annotated[str, typer.Option(help="Why; it is kept, so it names no patient.")]


def discard(study: StudyUID, reason: Reason, settings: SettingsFile = None) -> None:
    """Give a DEAD study up: its waiting films end NOT_ASSESSED with the reason."""
    with transaction(settings) as (connection, now):
        print(discard_study(connection, study, reason=reason, now=now, actor=who()))
