"""Views for reports, what they count by, and sums by day.

A film's device, the sex and the age band of its patient are what is counted by.

Three columns are added to instance; rows that are there have none of them, and are reported as
``unknown``, or by the title that sent them. Every view's text is in the folder ``views/0005``, in
words that both databases understand but for those that ``WORDS`` and ``EACH_BIN`` replace.

The columns come at once. The indexes by day read study, instance, assessment and door_event once
each; workers and listeners of other hosts wait meanwhile: with a million studies 8 s on PostgreSQL
and 16 s on SQLite on a busy machine (1 and 2 s of processor time). Going back drops views, indexes
and columns, and keeps every other row; the sums by day can be made again. It takes a moment on
PostgreSQL; SQLite writes instance anew for each column, 61 s with a million.

A later migration that changes a column of which a view makes use drops that view first.
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VIEWS = (
    "films",
    "worklist",
    "daily_volume",
    "flag_rate",
    "scores_live",
    "scores",
    "findings",
    "turn_round",
    "refusals",
    "deliveries",
    "retries",
    "dead_studies",
    "model_versions",
    "score_histogram",
    "score_drift",
)
"""In the order in which they are made: each after those that it names."""

COLUMNS = ("device", "sex", "age_band")
INDEXES = (
    ("study", "day", "day_of(first_received_at)"),
    ("instance", "day", "day_of(received_at)"),
    ("assessment", "day", "day_of(assessed_at)"),
    ("assessment", "month", "month_of(assessed_at)"),
    ("door_event", "day", "day_of(at)"),
)
EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.01)
"""Of the ten bins of a score; most scores are small, so most bins are."""

WORDS = {
    "sqlite": {
        "day_of": r"substr(\1, 1, 10)",
        "month_of": r"substr(\1, 1, 7) || '-01'",
        "month_of_day": r"substr(\1, 1, 7) || '-01'",
        "month_before": r"date(\1, '-1 month')",
        "seconds_between": r"(julianday(\2) - julianday(\1)) * 86400.0",
    },
    "postgresql": {
        "day_of": r"CAST(timezone('UTC', \1) AS date)",
        "month_of": r"CAST(date_trunc('month', timezone('UTC', \1)) AS date)",
        "month_of_day": r"CAST(date_trunc('month', \1) AS date)",
        "month_before": r"CAST(\1 - interval '1 month' AS date)",
        "seconds_between": r"CAST(EXTRACT(EPOCH FROM \2 - \1) AS double precision)",
    },
}
_NAMES = r"\(([\w.]+)(?:, ([\w.]+))?\)"


def upgrade() -> None:
    """Add the columns, the indexes and the views."""
    for name in COLUMNS:
        op.add_column("instance", sa.Column(name, sa.Text(), nullable=True))
    for table, name, expression in INDEXES:
        op.execute(f"CREATE INDEX ix_{table}_{name} ON {table} (({spelled(expression)}))")
    _make_roll_ups()
    for view in VIEWS:
        op.execute(sa.text(spelled(_text_of(view)).replace(":", r"\:")))


def downgrade() -> None:
    """Drop them."""
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW report_{view}")
    for table in ("score_day", "rolled_day"):
        op.drop_table(table)
    for table, name, _ in INDEXES:
        op.drop_index(f"ix_{table}_{name}", table_name=table)
    for name in reversed(COLUMNS):
        op.drop_column("instance", name)


def _make_roll_ups() -> None:
    op.create_table(
        "rolled_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_rolled_day")),
        comment="Days whose scores are in score_day; those after the last are not yet.",
    )
    keys = ("bundle_name", "bundle_version", "bundle_digest")
    whole, real = (
        {"type_": sa.Integer(), "nullable": False},
        {"type_": sa.Float(), "nullable": False},
    )
    op.create_table(
        "score_day",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("device", *keys, "label")),
        *(sa.Column(name, **whole) for name in ("films", "reached", "flagged", "urgent")),
        *(
            sa.Column(name, **real)
            for name in ("probability_sum", "probability_max", "infer_s_sum")
        ),
        *(sa.Column(f"bin_{number}", **whole) for number in range(10)),
        sa.PrimaryKeyConstraint("day", "device", *keys, "label", name=op.f("pk_score_day")),
        comment="Scores summed up by day, so that years are read quickly.",
    )


def _text_of(view: str) -> str:
    folder = Path(__file__).parents[1] / "views" / revision
    return (folder / f"{view}.sql").read_text(encoding="utf-8")


def spelled(sql: str) -> str:
    """Replace the words that each database has its own for."""
    sql = re.sub(r"each_bin\((.+)\)(,?)$", _each_bin, sql, flags=re.MULTILINE)
    sql = re.sub(r"sum_of_bins\((.+)\) AS", _sum_of_bins, sql)
    sql = re.sub(
        r"share_of\(\s*(.+), (\S+)\s*\) AS", r"CAST(\1 AS double precision) / NULLIF(\2, 0) AS", sql
    )
    for word, own in WORDS[op.get_bind().dialect.name].items():
        sql = re.sub(rf"\b{word}{_NAMES}", own, sql)
    return sql


def _each_bin(found: re.Match[str]) -> str:
    return ",\n    ".join(_in_bin(found[1], number) for number in range(10)) + found[2]


def _sum_of_bins(found: re.Match[str]) -> str:
    return "\n    + ".join(found[1].replace("#", str(number)) for number in range(10)) + " AS"


def _in_bin(term: str, number: int) -> str:
    low, high = EDGES[number : number + 2]
    term = re.sub(r"in_bin\(([\w.]+)\)", rf"\1 >= {low} AND \1 < {high}", term)
    return term.replace("#", str(number))
