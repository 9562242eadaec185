"""``triage status``."""

from dataclasses import asdict

from triage.cli.options import AsJson, SettingsFile, print_json, transaction
from triage.database.timeline import Overview, overview


def status(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show what is where: studies, films, refusals, deliveries, and what needs a person."""
    with transaction(settings) as (connection, now):
        found = overview(connection, now=now)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


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
