"""The route of a film: studies, films, results, outbox and events.

It starts from an empty database, so that no row is changed and nothing waits for a lock.
Going back removes every table and all that is in them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "association",
    "door_event",
    "move",
    "study",
    "event",
    "instance",
    "assessment",
    "delivery",
    "finding",
    "heat_map",
)
MOVES = (
    ("study", "NEW", "RECEIVING"),
    ("study", "RECEIVING", "QUEUED"),
    ("study", "QUEUED", "ASSESSING"),
    ("study", "ASSESSING", "ASSESSED"),
    ("study", "ASSESSING", "NOT_ASSESSED"),
    ("study", "ASSESSING", "QUEUED"),
    ("study", "ASSESSING", "DEAD"),
    ("study", "ASSESSED", "DONE"),
    ("study", "ASSESSED", "QUEUED"),
    ("study", "DONE", "QUEUED"),
    ("study", "DONE", "ASSESSED"),
    ("study", "NOT_ASSESSED", "QUEUED"),
    ("study", "DEAD", "QUEUED"),
    ("study", "DEAD", "NOT_ASSESSED"),
    ("study", "DEAD", "ASSESSED"),
    ("film", "NEW", "WAITING"),
    ("film", "WAITING", "ASSESSED"),
    ("film", "WAITING", "NOT_ASSESSED"),
    ("film", "WAITING", "QUARANTINED"),
    ("delivery", "NEW", "WAITING"),
    ("delivery", "NEW", "PARKED"),
    ("delivery", "WAITING", "SENT"),
    ("delivery", "WAITING", "PARKED"),
    ("delivery", "SENT", "PROVEN"),
    ("delivery", "SENT", "SENT_UNPROVEN"),
    ("delivery", "PARKED", "WAITING"),
)


def upgrade() -> None:
    """Make every table, the allowed moves, and the guard of the events."""
    op.create_table(
        "association",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association")),
        comment="Associations that stored something; open ones keep their studies incomplete.",
    )
    op.create_index(
        "ix_association_open",
        "association",
        ["listener"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "door_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Integer(),
            nullable=True,
            comment="DIMSE status answered; none for a rejected association",
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_event")),
        comment="Append-only: instances and associations that were turned away.",
    )
    move = op.create_table(
        "move",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "from_state", "to_state", name=op.f("pk_move")),
        comment="The allowed moves of studies, films and deliveries.",
    )
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deaths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'ASSESSING') = (worker IS NOT NULL)", name=op.f("ck_study_worker")
        ),
        sa.CheckConstraint(
            "state IN ('RECEIVING', 'QUEUED', 'ASSESSING', 'ASSESSED', 'DONE', 'NOT_ASSESSED', 'DEAD')",
            name=op.f("ck_study_state"),
        ),
        sa.CheckConstraint(
            "(worker IS NULL) = (lease_expires_at IS NULL)", name=op.f("ck_study_lease")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("study_uid", name=op.f("uq_study_study_uid")),
        comment="One row per study; the rows in QUEUED are the work queue.",
    )
    op.create_index(
        "ix_study_queue",
        "study",
        ["state", sa.text("priority DESC"), "next_attempt_at", "id"],
        unique=False,
    )

    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind", "from_state", "to_state"],
            ["move.kind", "move.from_state", "move.to_state"],
            name=op.f("fk_event_kind_from_state_to_state"),
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_event_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        comment="Append-only: every move, when, by whom, why, and how long the old state lasted.",
    )
    op.create_index("ix_event_study_id", "event", ["study_id"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("series_uid", sa.Text(), nullable=True),
        sa.Column("modality", sa.Text(), nullable=True),
        sa.Column("transfer_syntax_uid", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("view", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('WAITING', 'ASSESSED', 'NOT_ASSESSED', 'QUARANTINED')",
            name=op.f("ck_instance_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('NOT_ASSESSED', 'QUARANTINED') OR code IS NOT NULL",
            name=op.f("ck_instance_code"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id"], ["association.id"], name=op.f("fk_instance_association_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_instance_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint(
            "sop_instance_uid", "digest", name=op.f("uq_instance_sop_instance_uid_digest")
        ),
        comment="One row per received SOP instance and digest: a repeat with other bytes too.",
    )
    op.create_index("ix_instance_digest", "instance", ["digest"], unique=False)
    op.create_index("ix_instance_study_id_state", "instance", ["study_id", "state"], unique=False)

    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("bundle_name", sa.Text(), nullable=False),
        sa.Column("bundle_version", sa.Text(), nullable=False),
        sa.Column("bundle_digest", sa.Text(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decode_s", sa.Float(), nullable=False),
        sa.Column("infer_s", sa.Float(), nullable=False),
        sa.Column("compose_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_assessment_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_assessment_instance_id")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=True),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=True,
            comment="of the encoded object in the results folder",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("courier", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'PARKED' OR digest IS NOT NULL", name=op.f("ck_delivery_digest")
        ),
        sa.CheckConstraint(
            "state IN ('WAITING', 'SENT', 'PROVEN', 'SENT_UNPROVEN', 'PARKED')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_delivery_instance_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_delivery_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "sop_instance_uid", "destination", name=op.f("uq_delivery_sop_instance_uid_destination")
        ),
        comment="The outbox: one row per capture and destination.",
    )
    op.create_index(
        "ix_delivery_state_next_attempt_at", "delivery", ["state", "next_attempt_at"], unique=False
    )
    op.create_index("ix_delivery_study_id", "delivery", ["study_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "probability >= 0 AND probability <= 1", name=op.f("ck_finding_probability")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name=op.f("fk_finding_assessment_id")
        ),
        sa.PrimaryKeyConstraint("assessment_id", "label", name=op.f("pk_finding")),
    )
    op.create_table(
        "heat_map",
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column(
            "weights", sa.LargeBinary(), nullable=False, comment="little-endian float32, row by row"
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name=op.f("fk_heat_map_assessment_id")
        ),
        sa.PrimaryKeyConstraint("assessment_id", "label", name=op.f("pk_heat_map")),
    )
    op.bulk_insert(
        move, [dict(zip(("kind", "from_state", "to_state"), row, strict=True)) for row in MOVES]
    )
    _make_events_append_only()


def downgrade() -> None:
    """Remove everything."""
    for name in ("update", "delete"):
        op.execute(
            f"DROP TRIGGER event_append_only_{name}" + (" ON event" if _postgresql() else "")
        )
    if _postgresql():
        op.execute("DROP FUNCTION event_append_only")
    for table in reversed(TABLES):
        op.drop_table(table)


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _make_events_append_only() -> None:
    if _postgresql():
        op.execute(
            "CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'event is append-only'; END $$"
        )
    for name in ("update", "delete"):
        body = (
            "FOR EACH ROW EXECUTE FUNCTION event_append_only()"
            if _postgresql()
            else "BEGIN SELECT RAISE(ABORT, 'event is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER event_append_only_{name} BEFORE {name.upper()} ON event {body}")
