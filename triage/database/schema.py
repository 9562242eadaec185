"""The tables. What may move where is a table too, so that the database refuses the rest."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from triage.database.utc_time import UtcTime
from triage.domain.study import DeliveryState, FilmState, StudyState

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, states: type[StudyState | FilmState | DeliveryState]) -> CheckConstraint:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


move = Table(
    "move",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("from_state", Text, primary_key=True),
    Column("to_state", Text, primary_key=True),
    comment="The allowed moves of studies, films and deliveries.",
)

association = Table(
    "association",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("listener", Text, nullable=False),
    Column("calling_ae_title", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Index(
        "ix_association_open",
        "listener",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    comment="Associations that stored something; open ones keep their studies incomplete.",
)

study = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_uid", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_since", UtcTime, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("first_received_at", UtcTime, nullable=False),
    Column("last_received_at", UtcTime, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("lease_expires_at", UtcTime),
    UniqueConstraint("study_uid"),
    _one_of("state", StudyState),
    CheckConstraint("(state = 'ASSESSING') = (worker IS NOT NULL)", name="worker"),
    CheckConstraint("(worker IS NULL) = (lease_expires_at IS NULL)", name="lease"),
    Index("ix_study_first_received_at", "first_received_at"),
    Index("ix_study_queue", "state", text("priority DESC"), "next_attempt_at", "id"),
    comment="One row per study; the rows in QUEUED are the work queue.",
)

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id"), nullable=False),
    Column("association_id", ForeignKey("association.id"), nullable=False),
    Column("sop_instance_uid", Text, nullable=False),
    Column("sop_class_uid", Text, nullable=False),
    Column("series_uid", Text),
    Column("modality", Text),
    Column("transfer_syntax_uid", Text, nullable=False),
    Column("digest", Text, nullable=False),
    # An Integer of PostgreSQL ends at 2 GiB, one of SQLite does not.
    Column("bytes", BigInteger().with_variant(Integer(), "sqlite"), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_since", UtcTime, nullable=False),
    Column("code", Text),
    Column("sentence", Text),
    Column("view", Text),
    Column("notes", Text),
    Column("device", Text),
    Column("sex", Text),
    Column("age_band", Text),
    Column("swept_at", UtcTime),
    UniqueConstraint("sop_instance_uid", "digest"),
    _one_of("state", FilmState),
    CheckConstraint(
        "state NOT IN ('NOT_ASSESSED', 'QUARANTINED') OR code IS NOT NULL", name="code"
    ),
    Index("ix_instance_study_id_state", "study_id", "state"),
    Index("ix_instance_digest", "digest"),
    comment="One row per received SOP instance and digest: a repeat with other bytes too.",
)

correction = Table(
    "correction",
    metadata,
    Column("instance_id", ForeignKey("instance.id"), primary_key=True),
    Column("by_instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    comment="Films that came again with another identity, and the latest that replaces each.",
)

assessment = Table(
    "assessment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("bundle_name", Text, nullable=False),
    Column("bundle_version", Text, nullable=False),
    Column("bundle_digest", Text, nullable=False),
    Column("assessed_at", UtcTime, nullable=False),
    Column("decode_s", Float, nullable=False),
    Column("infer_s", Float, nullable=False),
    Column("compose_s", Float, nullable=False),
    UniqueConstraint("instance_id"),
)

finding = Table(
    "finding",
    metadata,
    Column("assessment_id", ForeignKey("assessment.id"), primary_key=True),
    Column("label", Text, primary_key=True),
    Column("probability", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("tier", Text, nullable=False),
    CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    Index(
        "ix_finding_flagged",
        "assessment_id",
        sqlite_where=text("tier IN ('flagged', 'urgent')"),
        postgresql_where=text("tier IN ('flagged', 'urgent')"),
    ),
)

heat_map = Table(
    "heat_map",
    metadata,
    Column("assessment_id", ForeignKey("assessment.id"), primary_key=True),
    Column("label", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("weights", LargeBinary, nullable=False, comment="little-endian float32, row by row"),
    Column("placement", Text, comment="JSON: top, left, height, width, and four margins"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("study.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("sop_instance_uid", Text),
    Column("digest", Text, comment="of the encoded object in the results folder"),
    Column("state", Text, nullable=False),
    Column("state_since", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("courier", Text),
    Column("reason", Text),
    Column("sent_at", UtcTime),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column(
        "in_doubt",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="an attempt ended without an answer: it may be at the destination already",
    ),
    Column("proof", Text, comment="what a SENT capture waits for: commitment or query"),
    Column("denials", Integer, nullable=False, server_default="0"),
    UniqueConstraint("sop_instance_uid", "destination"),
    _one_of("state", DeliveryState),
    CheckConstraint("state = 'PARKED' OR digest IS NOT NULL", name="digest"),
    Index(
        "ix_delivery_queue", "state", text("priority DESC"), "next_attempt_at", "id", "destination"
    ),
    Index("ix_delivery_study_id", "study_id"),
    comment="The outbox: one row per capture and destination.",
)

commitment = Table(
    "commitment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transaction_uid", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("ae_title", Text, nullable=False, comment="who alone may report"),
    Column("requested_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("reported_at", UtcTime),
    UniqueConstraint("transaction_uid"),
    comment="Requests for storage commitment, and whether a report came.",
)

commitment_item = Table(
    "commitment_item",
    metadata,
    Column("commitment_id", ForeignKey("commitment.id"), primary_key=True),
    Column("delivery_id", ForeignKey("delivery.id"), primary_key=True),
    comment="The captures that a request names.",
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("study_id", ForeignKey("study.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_id", Integer, nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("duration_s", Float, nullable=False),
    ForeignKeyConstraint(
        ["kind", "from_state", "to_state"],
        ["move.kind", "move.from_state", "move.to_state"],
    ),
    Index("ix_event_study_id", "study_id"),
    comment="Append-only: every move, when, by whom, why, and how long the old state lasted.",
)

door_event = Table(
    "door_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("listener", Text, nullable=False),
    Column("calling_ae_title", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("status", Integer, comment="DIMSE status answered; none for a rejected association"),
    Column("sentence", Text, nullable=False),
    Column("code", Text, nullable=False, server_default="no_association"),
    Column("called_ae_title", Text, nullable=False, server_default=""),
    Column(
        "times",
        Integer,
        nullable=False,
        server_default="1",
        comment="for how many alike the row stands",
    ),
    Index("ix_door_event_at", "at"),
    comment="Append-only: instances and associations that were turned away.",
)
