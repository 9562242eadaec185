"""``triage requeue STUDY``."""

from triage.cli.options import SettingsFile, StudyUID, settings_from, who
from triage.database.engine import database_time, existing_engine
from triage.database.operator import requeue as requeue_study


def requeue(study: StudyUID, settings: SettingsFile = None) -> None:
    """Try a DEAD study again, and send again what was parked of it."""
    with existing_engine(settings_from(settings).database_url).begin() as connection:
        now = database_time(connection)
        print(requeue_study(connection, study, now=now, actor=who()))
