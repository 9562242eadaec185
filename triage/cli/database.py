"""``triage database upgrade``."""

from enum import StrEnum

from triage.cli.options import SettingsFile, settings_from
from triage.database.engine import open_engine
from triage.database.migrate import upgrade
from triage.spool import private_folder


class Action(StrEnum):
    """What can be done to the database."""

    UPGRADE = "upgrade"


def database(action: Action, settings: SettingsFile = None) -> None:
    """Bring the database to this program's schema; a newer one is refused (exit 78)."""
    choice = settings_from(settings)
    private_folder(choice.data.folder)
    engine = open_engine(choice.database_url)
    try:
        print(f"{action}: schema {upgrade(engine)}")
    finally:
        engine.dispose()
