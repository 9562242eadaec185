"""``triage discard STUDY --reason TEXT``."""

from typing import Annotated

import typer

from triage.cli.options import SettingsFile, StudyUID, settings_from, who
from triage.database.engine import database_time, existing_engine
from triage.database.operator import discard as discard_study

Reason = Annotated[str, typer.Option(help="Why; it is kept, so it names no patient.")]


def discard(study: StudyUID, reason: Reason, settings: SettingsFile = None) -> None:
    """Give a DEAD study up: its waiting films end NOT_ASSESSED with the reason."""
    with existing_engine(settings_from(settings).database_url).begin() as connection:
        now = database_time(connection)
        print(discard_study(connection, study, reason=reason, now=now, actor=who()))
