"""``triage database``: its schema, and its sums by day."""

from enum import StrEnum

from triage.cli.options import SettingsFile, settings_from
from triage.database.calendar import prepare
from triage.database.engine import open_engine
from triage.database.roll_up import roll_up
from triage.spool import private_folder


class Action(StrEnum):
    """What can be done to the database."""

    UPGRADE = "upgrade"
    ROLL_UP = "roll-up"


def database(action: Action, settings: SettingsFile = None) -> None:
    """Bring the database to this program's schema, or sum up the scores of days that are over.

    A newer schema is refused (exit 78).
    """
    choice = settings_from(settings)
    private_folder(choice.data.folder)
    engine = open_engine(choice.database_url)
    try:
        if action is Action.UPGRADE:
            print(f"{action}: schema {prepare(engine, choice.reports)}")
        else:
            print(f"{action}: {roll_up(engine)} days")
    finally:
        engine.dispose()
