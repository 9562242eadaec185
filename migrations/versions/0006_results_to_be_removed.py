"""Films that came again with another identity: their old results are listed for removal.

A table is added, and a view of it. Films that came again before are found by their assessments: a
film that was assessed twice, the second time with a result to send, supersedes the first. Rows of
more moves are added: a capture is denied, or committed to, after it was thought to have ended, is
sent again when a correction is taken back, and is given up for good.

It reads instance and delivery once, which takes a second with 300,000 instances, and locks no table
that is there. Going back drops the table and the view and keeps every other row; a result that is
superseded and not sent yet is sent by the older program. The moves stay where an event names them.
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOVES = (
    ("delivery", "PROVEN", "WAITING"),
    ("delivery", "PROVEN", "PARKED"),
    ("delivery", "SENT_UNPROVEN", "PROVEN"),
    ("delivery", "SENT_UNPROVEN", "WAITING"),
    ("delivery", "SENT_UNPROVEN", "PARKED"),
    ("delivery", "PARKED", "PARKED"),
)
DAY_OF = {
    "sqlite": r"substr(\1, 1, 10)",
    "postgresql": r"CAST(timezone('UTC', \1) AS date)",
}
FOUND = """
INSERT INTO correction (instance_id, by_instance_id, at)
SELECT film.id, again.id, again.state_since
FROM instance AS film
JOIN instance AS again ON again.sop_instance_uid = film.sop_instance_uid
WHERE again.id = (
    SELECT MAX(latest.id) FROM instance AS latest
    JOIN delivery AS made ON made.study_id = latest.study_id AND made.instance_id = latest.id
    WHERE latest.sop_instance_uid = film.sop_instance_uid AND latest.state = 'ASSESSED'
) AND film.id < again.id AND film.state = 'ASSESSED' AND film.sop_instance_uid IN (
    SELECT sop_instance_uid FROM instance GROUP BY sop_instance_uid HAVING COUNT(*) > 1
)
"""

move = sa.table("move", sa.column("kind"), sa.column("from_state"), sa.column("to_state"))
event = sa.table("event", sa.column("kind"), sa.column("from_state"), sa.column("to_state"))


def upgrade() -> None:
    """Add the table, what is known already, the view and the moves."""
    op.create_table(
        "correction",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("by_instance_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_correction_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_instance_id"], ["instance.id"], name=op.f("fk_correction_by_instance_id")
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_correction")),
        comment="Films that came again with another identity, and the latest that replaces each.",
    )
    op.create_index("ix_correction_by_instance_id", "correction", ["by_instance_id"], unique=False)
    op.execute(f"CREATE INDEX ix_correction_day ON correction (({_spelled('day_of(at)')}))")
    op.execute(FOUND)
    op.execute(_spelled(_text_of("to_remove")))
    for kind, start, end in MOVES:
        _add_move(kind, start, end)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP VIEW report_to_remove")
    op.drop_table("correction")
    for kind, start, end in MOVES:
        named = sa.exists().where(
            event.c.kind == kind, event.c.from_state == start, event.c.to_state == end
        )
        op.execute(
            sa.delete(move).where(
                move.c.kind == kind, move.c.from_state == start, move.c.to_state == end, ~named
            )
        )


def _add_move(kind: str, start: str, end: str) -> None:
    """Add a move that a database which was here before may have already."""
    there = sa.exists().where(
        move.c.kind == kind, move.c.from_state == start, move.c.to_state == end
    )
    values = sa.select(sa.literal(kind), sa.literal(start), sa.literal(end)).where(~there)
    op.execute(sa.insert(move).from_select(["kind", "from_state", "to_state"], values))


def _text_of(view: str) -> str:
    folder = Path(__file__).parents[1] / "views" / revision
    return (folder / f"{view}.sql").read_text(encoding="utf-8")


def _spelled(sql: str) -> str:
    """Replace the word that each database has its own for."""
    return re.sub(r"\bday_of\(([\w.]+)\)", DAY_OF[op.get_bind().dialect.name], sql)
