"""The size of an instance may be above 2 GiB.

On PostgreSQL the column becomes wider and every row keeps its value; one of 2 GiB and more could
not be recorded before, so its sender was told 0xA700 for ever. SQLite's integers are wide enough,
so nothing is done there.

It writes the table and its indexes anew: 3.4 s with 300,000 instances on PostgreSQL, which locks
instance meanwhile, so that listeners of other hosts answer 0xA700 after 3 s and their senders come
again; as much disk as the table takes is needed once more. Going back takes as long and keeps every
row; a size above 2,147,483,647 becomes that number, and the file remains as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOST = 2**31 - 1
"""The largest number that fits the old column."""


def upgrade() -> None:
    """Widen the column where it is narrow."""
    if _postgresql():
        op.alter_column("instance", "bytes", type_=sa.BigInteger(), existing_nullable=False)


def downgrade() -> None:
    """Narrow it; what does not fit becomes the largest number that does."""
    if _postgresql():
        op.alter_column(
            "instance",
            "bytes",
            type_=sa.Integer(),
            existing_nullable=False,
            postgresql_using=f"least(bytes, {MOST})",
        )


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
