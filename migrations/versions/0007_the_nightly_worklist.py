"""The nightly worklist: its runs, and what each day's list expects.

Three tables are added; no row that is there is changed, and nothing waits but for the moment in
which they are made. Going back drops them: what was pulled stays, the lists can be asked anew.

``run``: one row for each firing, unique by job and due time, so that several daemons fire once;
``day`` is the day whose list it works through, ``verdict`` is exact, mismatch or missed.

``worklist_study``: one row for each day and study. ``priority`` is that of the request, 3 STAT, 2
HIGH, 1 MEDIUM, 0 ROUTINE or unsaid, -1 LOW; it only ever rises, and ``study.priority`` is raised
to it. ``wanted`` is false where nothing of it is expected, and ``left_out`` then says why, such as
another body part. ``instances`` is how many films are expected. Whether they are here, and what
became of them, is told by instance, study and delivery alone.

``worklist_instance``: the SOP Instance UIDs of the expected films.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HELD = sa.text("holder IS NOT NULL")


def upgrade() -> None:
    """Make the tables."""
    _make_run()
    zero = {"server_default": "0", "nullable": False}
    op.create_table(
        "worklist_study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="on whose list it is"),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column(
            "priority",
            sa.Integer(),
            comment="of the request: 3 STAT, 2 HIGH, 1 MEDIUM, 0 ROUTINE or unsaid, -1 LOW",
            **zero,
        ),
        sa.Column(
            "wanted", sa.Boolean(), nullable=False, comment="whether films of it are expected here"
        ),
        sa.Column("left_out", sa.Text(), comment="why nothing of it is expected"),
        sa.Column("instances", sa.Integer(), comment="expected films", **zero),
        sa.Column("pulls", sa.Integer(), **zero),
        sa.Column("failure", sa.Text(), comment="why the last pull brought not everything"),
        sa.CheckConstraint("wanted = (left_out IS NULL)", name=op.f("ck_worklist_study_left_out")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worklist_study")),
        sa.UniqueConstraint("day", "study_uid", name=op.f("uq_worklist_study_day_study_uid")),
        comment="What the PACS, or the Modality Worklist, lists for a day.",
    )
    op.create_index("ix_worklist_study_study_uid", "worklist_study", ["study_uid"])
    op.create_table(
        "worklist_instance",
        sa.Column("worklist_study_id", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["worklist_study_id"],
            ["worklist_study.id"],
            name=op.f("fk_worklist_instance_worklist_study_id"),
        ),
        sa.PrimaryKeyConstraint(
            "worklist_study_id", "sop_instance_uid", name=op.f("pk_worklist_instance")
        ),
        comment="The films that the PACS lists, where it can be asked for instances.",
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("worklist_instance", "worklist_study", "run"):
        op.drop_table(name)


def _make_run() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="whose list it works through"),
        sa.Column("until", time, comment="the window's end; none for a run that a person began"),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_expires_at", time),
        sa.Column("started_at", time),
        sa.Column("ended_at", time),
        sa.Column("verdict", sa.Text()),
        sa.Column("reason", sa.Text(), comment="what went wrong with the run as a whole"),
        sa.CheckConstraint(
            "verdict IN ('exact', 'mismatch', 'missed')", name=op.f("ck_run_verdict")
        ),
        sa.CheckConstraint(
            "(holder IS NULL) = (lease_expires_at IS NULL)", name=op.f("ck_run_lease")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (verdict IS NULL)", name=op.f("ck_run_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("job", "due_at", name=op.f("uq_run_job_due_at")),
        comment="One row per firing, however many daemons have a clock; one at a time is held.",
    )
    op.create_index(
        "ix_run_held", "run", ["job"], unique=True, sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_index("ix_run_day", "run", ["day"])
