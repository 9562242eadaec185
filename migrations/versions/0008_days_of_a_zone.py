"""Days of the site's time zone, and the reading list.

``calendar_day`` has the moments between which each day lies, cut at midnight UTC; the views count by
these days and no longer by those of UTC. ``reporting_rule`` is one row: the zone, and how long a study may wait to
be read. The program fills both at its start, and after ``triage database upgrade``. A heat map is
given a column for where it lies on its film; rows that are there have nothing in it.

Every view is dropped and made anew. An index of study is made, which reads it once; workers and
listeners of other hosts wait meanwhile, less than a second with 100,000 rows.

Going back makes the views of before, and drops the tables, the column and the sums by
day, which may be those of another zone; the older program makes them again. Every other row is
kept.
"""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

(_THE_REPORTING_VIEWS,) = Path(__file__).parent.glob("*_the_reporting_views.py")
_EARLIER = runpy.run_path(str(_THE_REPORTING_VIEWS))
BEFORE: str = _EARLIER["revision"]
VIEWS: tuple[str, ...] = _EARLIER["VIEWS"]
SPELLED: Callable[[str], str] = _EARLIER["spelled"]
"""Writes what each database has its own words for."""

NEW = ("rule", "reading_list")
"""Views that were not there before; they stand after all others."""

WITHIN = r"day_of(\1) = {} AND \1 >= \2.begins_at AND \1 < \2.ends_at"
"""The index of the days of UTC finds the rows: SQLite can have none of a zone's days, and of a pair
of inequalities PostgreSQL believes that it holds for most rows."""

OWN = {
    "sqlite": {
        # Of two expressions without an affinity alone does SQLite compare by an index of the one.
        "within": WITHIN.format(r"substr(\2.utc_day, 1, 10)"),
        "the_moment": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        "who_came": r"CROSS JOIN study ON first_received_at >= \1 AND first_received_at < \2 --",
    },
    "postgresql": {
        "within": WITHIN.format(r"\2.utc_day"),
        "the_moment": "statement_timestamp()",
        "who_came": (
            r"CROSS JOIN LATERAL (SELECT id, study_uid, state, priority, first_received_at"
            r" FROM study WHERE first_received_at >= \1 AND first_received_at < \2 OFFSET 0)"
        ),
    },
}
ARGUMENTS = r"\((?:([\w.]+), ([\w.]+))?\)"


def upgrade() -> None:
    """Add the tables and the column, and make the views anew."""
    _drop_views(VIEWS)
    op.drop_index("ix_assessment_month", table_name="assessment")  # months are made of days now
    op.create_index("ix_study_first_received_at", "study", ["first_received_at"])
    where = "JSON: top, left, height, width, and four margins"
    op.add_column("heat_map", sa.Column("placement", sa.Text(), nullable=True, comment=where))
    _make_tables()
    _make_views((*VIEWS, *NEW), folder=revision)


def downgrade() -> None:
    """Take them away, and make the views of before."""
    _drop_views((*VIEWS, *NEW))
    for table in ("calendar_day", "reporting_rule"):
        op.drop_table(table)
    op.execute("DELETE FROM score_day")
    op.execute("DELETE FROM rolled_day")
    op.drop_column("heat_map", "placement")
    op.drop_index("ix_study_first_received_at", table_name="study")
    by_month = SPELLED("month_of(assessed_at)")
    op.execute(f"CREATE INDEX ix_assessment_month ON assessment (({by_month}))")
    _make_views(VIEWS, folder=BEFORE)


def _make_tables() -> None:
    moment = {"type_": sa.DateTime(timezone=True), "nullable": False}
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("utc_day", sa.Date(), nullable=False, comment="in which this piece lies"),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("begins_at", **moment),
        sa.Column("ends_at", **moment),
        sa.Column("listed_from", **moment, comment="who came since is on its reading list"),
        sa.PrimaryKeyConstraint("day", "utc_day", name=op.f("pk_calendar_day")),
        comment="Days of the site's time zone, each cut into pieces at midnight UTC.",
    )
    rule = op.create_table(
        "reporting_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("maximum_wait_s", sa.Float(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_reporting_rule_only")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_rule")),
        comment="One row: whose days are counted, and how long a study may wait to be read.",
    )
    op.bulk_insert(rule, [{"id": 1, "time_zone": "UTC", "maximum_wait_s": 86400.0}])


def _make_views(views: tuple[str, ...], *, folder: str) -> None:
    for view in views:
        file = Path(__file__).parents[1] / "views" / folder / f"{view}.sql"
        said = file.read_text(encoding="utf-8")
        for word, own in OWN[op.get_bind().dialect.name].items():
            said = re.sub(rf"\b{word}{ARGUMENTS}", own, said)
        op.execute(sa.text(SPELLED(said).replace(":", r"\:")))


def _drop_views(views: tuple[str, ...]) -> None:
    for view in reversed(views):
        op.execute(f"DROP VIEW report_{view}")
