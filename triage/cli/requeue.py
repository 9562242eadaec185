"""``triage requeue STUDY``."""

from triage.cli.options import SettingsFile, StudyUID, settings_from, transaction, who
from triage.database.operator import requeue as requeue_study


def requeue(study: StudyUID, settings: SettingsFile = None) -> None:
    """Try a DEAD study again, and send again what was parked of it."""
    serves = settings_from(settings).pacs.serves
    with transaction(settings) as (connection, now):
        print(requeue_study(connection, study, now=now, actor=who(), serves=serves))
