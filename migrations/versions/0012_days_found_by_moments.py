"""On SQLite the views find a day's rows by its moments, no longer by an expression.

SQLite 3.40 may put a Bloom filter before an index of an expression, and then finds no row at all:
once ``ANALYZE`` had run, reports of refusals and of dead studies were empty there. So the indexes by
day hold the moments themselves, and the views ask for those between two of them.

On SQLite the indexes are made anew, which reads instance, assessment, correction and reads once each,
and so are the views that find rows by day; no row is changed. On PostgreSQL nothing is.
"""

import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

(_DAYS_OF_A_ZONE,) = Path(__file__).parent.glob("*_days_of_a_zone.py")
_EARLIER = runpy.run_path(str(_DAYS_OF_A_ZONE))
OWN: Mapping[str, str] = _EARLIER["OWN"]["sqlite"]
ARGUMENTS: str = _EARLIER["ARGUMENTS"]
SPELLED: Callable[[str], str] = _EARLIER["SPELLED"]
"""Writes what each database has its own words for."""

BETWEEN = r"\1 >= \2.begins_at AND \1 < \2.ends_at"
MOMENTS = {
    "instance": "received_at",
    "assessment": "assessed_at",
    "correction": "at",
    "reads": "read_at",
}
COVERED = {"study": "first_received_at", "door_event": "at"}
"""What has an index of its moments already."""

VIEWS = {
    "films": "0011",
    "worklist": "0011",
    "daily_volume": "0008",
    "scores_live": "0011",
    "refusals": "0008",
    "deliveries": "0008",
    "retries": "0008",
    "dead_studies": "0008",
    "to_remove": "0011",
    "reads": "0012",
}
"""The views that find rows by day, and where the text of each is."""


def upgrade() -> None:
    """Find rows by their moments."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for table in (*MOMENTS, *COVERED):
        op.drop_index(f"ix_{table}_day", table_name=table)
    for table, moment in MOMENTS.items():
        op.create_index(f"ix_{table}_day", table, [moment])
    _make_anew(VIEWS, within=BETWEEN)


def downgrade() -> None:
    """Find them by the days of UTC."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for table in MOMENTS:
        op.drop_index(f"ix_{table}_day", table_name=table)
    for table, moment in (MOMENTS | COVERED).items():
        op.execute(f"CREATE INDEX ix_{table}_day ON {table} (({SPELLED(f'day_of({moment})')}))")
    _make_anew(VIEWS, within=OWN["within"])


def _make_anew(views: Mapping[str, str], *, within: str) -> None:
    for view, folder in views.items():
        file = Path(__file__).parents[1] / "views" / folder / f"{view}.sql"
        said = re.sub(rf"\bwithin{ARGUMENTS}", within, file.read_text(encoding="utf-8"))
        op.execute(f"DROP VIEW report_{view}")
        op.execute(sa.text(SPELLED(said).replace(":", r"\:")))
