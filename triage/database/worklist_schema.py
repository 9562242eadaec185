"""The tables of the nightly worklist: its runs, and what each day's list expects."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from triage.database.schema import metadata
from triage.database.utc_time import UtcTime
from triage.domain.worklist import Verdict

_HELD = text("holder IS NOT NULL")
_VERDICTS = ", ".join(f"'{verdict.value}'" for verdict in Verdict)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("day", Date, nullable=False, comment="whose list it works through"),
    Column("until", UtcTime, comment="the window's end; none for a run that a person began"),
    Column("holder", Text),
    Column("lease_expires_at", UtcTime),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("verdict", Text),
    Column("reason", Text, comment="what went wrong with the run as a whole"),
    UniqueConstraint("job", "due_at"),
    CheckConstraint(f"verdict IN ({_VERDICTS})", name="verdict"),
    CheckConstraint("(holder IS NULL) = (lease_expires_at IS NULL)", name="lease"),
    CheckConstraint("(ended_at IS NULL) = (verdict IS NULL)", name="ended"),
    Index("ix_run_held", "job", unique=True, sqlite_where=_HELD, postgresql_where=_HELD),
    Index("ix_run_day", "day"),
    comment="One row per firing, however many daemons have a clock; one at a time is held.",
)

worklist_study = Table(
    "worklist_study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False, comment="on whose list it is"),
    Column("study_uid", Text, nullable=False),
    Column(
        "priority",
        Integer,
        nullable=False,
        server_default="0",
        comment="of the request: 3 STAT, 2 HIGH, 1 MEDIUM, 0 ROUTINE or unsaid, -1 LOW",
    ),
    Column("wanted", Boolean, nullable=False, comment="whether films of it are expected here"),
    Column("left_out", Text, comment="why nothing of it is expected"),
    Column("instances", Integer, nullable=False, server_default="0", comment="expected films"),
    Column("pulls", Integer, nullable=False, server_default="0"),
    Column("failure", Text, comment="why the last pull brought not everything"),
    UniqueConstraint("day", "study_uid"),
    CheckConstraint("wanted = (left_out IS NULL)", name="left_out"),
    Index("ix_worklist_study_study_uid", "study_uid"),
    comment="What the PACS, or the Modality Worklist, lists for a day.",
)

worklist_instance = Table(
    "worklist_instance",
    metadata,
    Column("worklist_study_id", ForeignKey("worklist_study.id"), nullable=False),
    Column("sop_instance_uid", Text, nullable=False),
    PrimaryKeyConstraint("worklist_study_id", "sop_instance_uid"),
    comment="The films that the PACS lists, where it can be asked for instances.",
)
