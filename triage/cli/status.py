"""``triage status``."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from triage.cli.options import AsJson, SettingsFile, print_json, settings_from, transaction
from triage.daemon.condition import Condition
from triage.daemon.lateness import abandoned, late
from triage.database.timeline import Overview, overview
from triage.database.undelivered import Undelivered, undelivered


def status(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show what is where: studies, films, refusals, deliveries, and what needs a person."""
    choice = settings_from(settings)
    with transaction(settings) as (connection, now):
        found = overview(connection, now=now)
        under_way = undelivered(connection)
    lost = abandoned(under_way, choice.pacs)
    slow = late(under_way, now=now, after=timedelta(seconds=choice.pacs.late_after_s))
    slow = [each for each in slow if each not in lost]
    degraded = Condition(choice.data.folder).degraded()
    if as_json:
        told = {"late": [*map(asdict, slow)], "abandoned": [*map(asdict, lost)]}
        print_json(asdict(found) | told | {"degraded": degraded})
    else:
        _show(found)
        _show_undelivered(slow, lost, now=now)
        if degraded:
            print(f"degraded: {degraded}")


def _show(found: Overview) -> None:
    for title, counts in (
        ("studies", found.studies),
        ("films", found.films),
        ("not assessed because of", found.refusals),
        ("not assessed in 7 days because of", found.refusals_in_7_days),
        ("not assessed in 24 h because of", found.refusals_in_24_h),
        ("deliveries", found.deliveries),
    ):
        print(title)
        print("\n".join(f"{count:>7}  {name}" for name, count in counts.items()) or "      0")
    print(f"turned away at the door in 24 h: {found.turned_away}")
    for row in found.troubles:
        print(f"{row['state']:<7} {row['study_uid']}  {row['reason']}")
    if found.troubles:
        print("see `triage explain STUDY`, then `triage requeue` or `triage discard`")


def _show_undelivered(
    slow: Sequence[Undelivered], lost: Sequence[Undelivered], *, now: datetime
) -> None:
    for each in slow:
        print(
            f"LATE    {each.waiting} wait for {each.destination}, the oldest for {_age(each, now)}"
        )
    for each in lost:
        number = each.waiting + each.unproven
        print(f"LOST    {number} wait for {each.destination}, which the settings do not name")
    if lost:
        print("name it in the settings, or see `triage discard --destination`")


def _age(each: Undelivered, now: datetime) -> str:
    minutes = int((now - (each.oldest_at or now)).total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60} min"
