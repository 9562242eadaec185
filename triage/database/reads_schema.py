"""The tables of radiologists' reads, and of the numbers by which a site names its studies."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from triage.database.schema import metadata
from triage.database.utc_time import UtcTime
from triage.domain.reading import Answer

identity = Table(
    "identity",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id"), nullable=False),
    Column("accession", Text, nullable=False),
    UniqueConstraint("study_id", "accession"),
    Index("ix_identity_accession", "accession"),
    comment="The one table with what identifies a patient: no view and no report reads it.",
)

reads = Table(
    "reads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    Column("answer", Text, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False, comment="who imported it"),
    UniqueConstraint("study_id", "label", "reader", "read_at", "answer"),
    CheckConstraint(f"answer IN ('{Answer.PRESENT}', '{Answer.ABSENT}')", name="answer"),
    comment="Append-only: what radiologists said; the latest of a reader, study and label holds.",
)
