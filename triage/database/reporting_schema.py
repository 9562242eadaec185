"""The tables of the reports: their days, their rule, and what is summed up by day."""

from sqlalchemy import CheckConstraint, Column, Date, Float, Integer, Table, Text

from triage.database.schema import metadata
from triage.database.utc_time import UtcTime

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("utc_day", Date, primary_key=True, comment="in which this piece lies"),
    Column("month", Date, nullable=False, comment="its first day"),
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("listed_from", UtcTime, nullable=False, comment="who came since is on its reading list"),
    comment="Days of the site's time zone, each cut into pieces at midnight UTC.",
)

reporting_rule = Table(
    "reporting_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time_zone", Text, nullable=False),
    Column("maximum_wait_s", Float, nullable=False),
    CheckConstraint("id = 1", name="only"),
    comment="One row: whose days are counted, and how long a study may wait to be read.",
)

rolled_day = Table(
    "rolled_day",
    metadata,
    Column("day", Date, primary_key=True),
    comment="Days whose scores are in score_day; those after the last are not yet.",
)

score_day = Table(
    "score_day",
    metadata,
    Column("day", Date, primary_key=True),
    *(
        Column(name, Text, primary_key=True)
        for name in ("device", "bundle_name", "bundle_version", "bundle_digest", "label")
    ),
    *(Column(name, Integer, nullable=False) for name in ("films", "reached", "flagged", "urgent")),
    *(
        Column(name, Float, nullable=False)
        for name in ("probability_sum", "probability_max", "infer_s_sum")
    ),
    *(Column(f"bin_{number}", Integer, nullable=False) for number in range(10)),
    comment="Scores summed up by day, so that years are read quickly.",
)
