"""Deliveries are proven: commitments, doubts, denials, and the most urgent first.

Rows that are there get the priority of their study, no doubt and no denial; what is WAITING is sent
as before. One row of two more moves is added: a capture that its PACS denies is sent again, and
parked in the end.

It reads and writes delivery once and makes its index anew, which takes a second with 100,000 rows;
couriers and workers of other hosts wait meanwhile, listeners do not.

Going back ends what waits for a proof as SENT_UNPROVEN, and its studies as DONE, with events; it
drops the commitments, the doubts and the denials, and keeps every other row. The two moves stay
where an event names them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOVES = (("delivery", "SENT", "WAITING"), ("delivery", "SENT", "PARKED"))
COLUMNS = ("priority", "in_doubt", "proof", "denials")
WHY = "its proof was given up by a downgrade"

move = sa.table("move", sa.column("kind"), sa.column("from_state"), sa.column("to_state"))
study = sa.table(
    "study",
    *(sa.column(name) for name in ("id", "state", "priority")),
    sa.column("state_since", sa.DateTime(timezone=True)),
)
delivery = sa.table(
    "delivery",
    *(sa.column(name) for name in ("id", "study_id", "state", "priority", "courier", "reason")),
    sa.column("state_since", sa.DateTime(timezone=True)),
)
event = sa.table(
    "event",
    *(sa.column(name) for name in ("study_id", "kind", "subject_id", "from_state", "to_state")),
    *(sa.column(name) for name in ("actor", "reason", "duration_s")),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Add the columns, the two tables, the moves, and the index by urgency."""
    zero = {"server_default": "0", "nullable": False}
    op.add_column("delivery", sa.Column("priority", sa.Integer(), **zero))
    doubt = "an attempt ended without an answer: it may be at the destination already"
    op.add_column(
        "delivery",
        sa.Column(
            "in_doubt", sa.Boolean(), server_default=sa.false(), nullable=False, comment=doubt
        ),
    )
    waits = "what a SENT capture waits for: commitment or query"
    op.add_column("delivery", sa.Column("proof", sa.Text(), nullable=True, comment=waits))
    op.add_column("delivery", sa.Column("denials", sa.Integer(), **zero))
    urgency = sa.select(study.c.priority).where(study.c.id == delivery.c.study_id)
    op.execute(sa.update(delivery).values(priority=urgency.scalar_subquery()))
    _make_tables()
    for kind, start, end in MOVES:
        _add_move(kind, start, end)
    op.drop_index("ix_delivery_state_next_attempt_at", table_name="delivery")
    columns = ["state", sa.text("priority DESC"), "next_attempt_at", "id", "destination"]
    op.create_index("ix_delivery_queue", "delivery", columns, unique=False)


def downgrade() -> None:
    """End what waits for a proof, and drop what was added."""
    _give_up_proofs()
    op.drop_table("commitment_item")
    op.drop_table("commitment")
    op.drop_index("ix_delivery_queue", table_name="delivery")
    for name in reversed(COLUMNS):
        op.drop_column("delivery", name)
    op.create_index(
        "ix_delivery_state_next_attempt_at", "delivery", ["state", "next_attempt_at"], unique=False
    )
    for kind, start, end in MOVES:
        named = sa.exists().where(
            event.c.kind == kind, event.c.from_state == start, event.c.to_state == end
        )
        op.execute(
            sa.delete(move).where(
                move.c.kind == kind, move.c.from_state == start, move.c.to_state == end, ~named
            )
        )


def _make_tables() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transaction_uid", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("ae_title", sa.Text(), nullable=False, comment="who alone may report"),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("transaction_uid", name=op.f("uq_commitment_transaction_uid")),
        comment="Requests for storage commitment, and whether a report came.",
    )
    op.create_table(
        "commitment_item",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_commitment_item_commitment_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_commitment_item_delivery_id")
        ),
        sa.PrimaryKeyConstraint("commitment_id", "delivery_id", name=op.f("pk_commitment_item")),
        comment="The captures that a request names.",
    )


def _add_move(kind: str, start: str, end: str) -> None:
    """Add a move that a database which was here before may have already."""
    there = sa.exists().where(
        move.c.kind == kind, move.c.from_state == start, move.c.to_state == end
    )
    values = sa.select(sa.literal(kind), sa.literal(start), sa.literal(end)).where(~there)
    op.execute(sa.insert(move).from_select(["kind", "from_state", "to_state"], values))


def _give_up_proofs() -> None:
    now = sa.func.current_timestamp()
    sent = delivery.c.state == "SENT"
    told = ("delivery", "SENT", "SENT_UNPROVEN")
    op.execute(_events(told, delivery.c.id, delivery.c.study_id, where=sent))
    op.execute(
        sa.update(delivery)
        .where(sent)
        .values(state="SENT_UNPROVEN", state_since=now, courier=None, reason=WHY)
    )
    unfinished = sa.exists().where(
        delivery.c.study_id == study.c.id, delivery.c.state.in_(("WAITING", "SENT"))
    )
    ended = sa.exists().where(delivery.c.study_id == study.c.id, delivery.c.reason == WHY)
    done = sa.and_(study.c.state == "ASSESSED", ended, ~unfinished)
    told = ("study", "ASSESSED", "DONE")
    op.execute(_events(told, study.c.id, study.c.id, where=done))
    op.execute(sa.update(study).where(done).values(state="DONE", state_since=now))


def _events(
    told: tuple[str, str, str],
    subject: sa.ColumnElement,
    study_id: sa.ColumnElement,
    *,
    where: sa.ColumnElement,
) -> sa.Insert:
    names = ["at", "study_id", "kind", "subject_id", "from_state", "to_state"]
    names += ["actor", "reason", "duration_s"]
    kind, start, end = (sa.literal(word) for word in told)
    why = (sa.literal("downgrade"), sa.literal(WHY), sa.literal(0.0))
    values = sa.select(sa.func.current_timestamp(), study_id, kind, subject, start, end, *why)
    return sa.insert(event).from_select(names, values.where(where))
