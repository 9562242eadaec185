"""Radiologists' reads, the accession numbers that they may name a study by, and their views.

Two tables and three views are added; no row that is there is changed, and nothing waits but for the
moment in which they are made. ``reads`` is append-only: a trigger refuses changes and deletions.
``identity`` is filled as films are decided; of films that were decided before it has nothing, so
their reads have to name the study by its UID.

Going back drops the views and both tables with all that was imported: the files of reads can be
imported again, the accession numbers come again with the films alone.
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

VIEWS = ("reads", "agreement", "disagreements")
"""In the order in which they are made: each after those that it names."""

DAY_OF = {
    "sqlite": r"substr(\1, 1, 10)",
    "postgresql": r"CAST(timezone('UTC', \1) AS date)",
}
UTC_DAY_OF = {"sqlite": r"substr(\1.utc_day, 1, 10)", "postgresql": r"\1.utc_day"}


def upgrade() -> None:
    """Make the tables, their guard, the index by day, and the views."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_identity_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("study_id", "accession", name=op.f("uq_identity_study_id_accession")),
        comment="The one table with what identifies a patient: no view and no report reads it.",
    )
    op.create_index("ix_identity_accession", "identity", ["accession"])
    _make_reads()
    _make_reads_append_only()
    op.execute(f"CREATE INDEX ix_reads_day ON reads (({_spelled('day_of(read_at)')}))")
    folder = Path(__file__).parents[1] / "views" / revision
    for view in VIEWS:
        op.execute(_spelled((folder / f"{view}.sql").read_text(encoding="utf-8")))


def downgrade() -> None:
    """Drop them."""
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW report_{view}")
    op.drop_table("reads")
    if _postgresql():
        op.execute("DROP FUNCTION reads_append_only")
    op.drop_table("identity")


def _make_reads() -> None:
    told = ("study_id", "label", "reader", "read_at", "answer")
    op.create_table(
        "reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="who imported it"),
        sa.CheckConstraint("answer IN ('present', 'absent')", name=op.f("ck_reads_answer")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_reads_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reads")),
        sa.UniqueConstraint(*told, name=op.f(f"uq_reads_{'_'.join(told)}")),
        comment="Append-only: what radiologists said; the latest of a reader, study and label holds.",
    )


def _make_reads_append_only() -> None:
    """Refuse changes; a table that is dropped takes its triggers along."""
    if _postgresql():
        op.execute(
            "CREATE FUNCTION reads_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'reads is append-only'; END $$"
        )
    for name in ("update", "delete"):
        body = (
            "FOR EACH ROW EXECUTE FUNCTION reads_append_only()"
            if _postgresql()
            else "BEGIN SELECT RAISE(ABORT, 'reads is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER reads_append_only_{name} BEFORE {name.upper()} ON reads {body}")


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _spelled(sql: str) -> str:
    """Replace the words that each database has its own for."""
    sql = re.sub(r"\butc_day_of\((\w+)\)", UTC_DAY_OF[op.get_bind().dialect.name], sql)
    return re.sub(r"\bday_of\(([\w.]+)\)", DAY_OF[op.get_bind().dialect.name], sql)
