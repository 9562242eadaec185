"""``triage explain STUDY``."""

from dataclasses import asdict
from datetime import datetime

from triage.cli.options import AsJson, SettingsFile, StudyUID, print_json, transaction
from triage.database.timeline import Row, Story, story
from triage.domain.study import FilmState


def explain(study: StudyUID, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Tell one study's whole story: films, refusals, scores, thresholds, deliveries, events."""
    with transaction(settings) as (connection, _):
        found = story(connection, study)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: Story) -> None:
    print(f"study {found.study['study_uid']}  {found.study['state']}")
    for film in found.films:
        _show_film(film, found)
    for row in found.deliveries:
        print(
            f"delivery {row['sop_instance_uid']} to {row['destination']}: {row['state']} after "
            f"{row['attempts']} attempts{_because(row['reason'])}"
        )
    for row in found.to_remove:
        print(removal_of(row))
    print("timeline (UTC)")
    for event in found.events:
        print(
            f"  {_time(event['at'])}  {event['kind']} {event['subject_id']}: "
            f"{event['from_state']} -> {event['to_state']} after {event['duration_s']:.2f} s "
            f"by {event['actor']}{_because(event['reason'])}"
        )


def _show_film(film: Row, found: Story) -> None:
    print(
        f"film {film['id']} {film['sop_instance_uid']}: {film['modality']}, "
        f"{film['bytes']} bytes from {film['calling_ae_title']}@{film['host']}: {film['state']}"
    )
    if film["code"]:
        print(f"  {film['code']}: {film['sentence']}")
    if film["state"] == FilmState.NOT_ASSESSED:
        print("  not assessed: that says nothing about the film, and never that it is normal")
    if film["bundle_name"]:
        print(
            f"  view {film['view']}{_because(film['notes'])}; {film['bundle_name']} "
            f"{film['bundle_version']} ({str(film['bundle_digest'])[:12]}); decode "
            f"{film['decode_s']:.2f} s, infer {film['infer_s']:.2f} s, compose "
            f"{film['compose_s']:.2f} s"
        )
    for finding in found.findings.get(int(str(film["id"])), ()):
        print(
            f"  {finding['label']:<20} {finding['probability']:.3f}  threshold "
            f"{finding['threshold']:.3f}  {finding['tier']}"
        )


def removal_of(row: Row) -> str:
    """Say of a superseded result where a person has to remove it, and what replaced it."""
    instead = "by nothing"
    if row["replacement_state"]:
        instead = f"by {row['replaced_by'] or 'none yet'} ({row['replacement_state']})"
    if row["new_study_uid"] != row["study_uid"]:
        instead += f" in study {row['new_study_uid']}"
    return (
        f"to be removed from {row['destination']} ({row['at_pacs']}): {row['sop_instance_uid']} of "
        f"study {row['study_uid']}, replaced {instead}"
    )


def _because(reason: object) -> str:
    return f" ({reason})" if reason else ""


def _time(moment: object) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if isinstance(moment, datetime) else ""
