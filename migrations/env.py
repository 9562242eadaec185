"""Run the migrations on the connection that the product hands over."""

from alembic import context
from sqlalchemy.types import TypeEngine

from triage.database.tables import metadata
from triage.database.utc_time import UtcTime


def _render(kind: str, item: object, _autogen: object) -> str | bool:
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


def _same_type(
    _context: object,
    _inspected_column: object,
    _metadata_column: object,
    _inspected_type: TypeEngine[object],
    metadata_type: TypeEngine[object],
) -> bool | None:
    return False if isinstance(metadata_type, UtcTime) else None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    render_item=_render,
    compare_type=_same_type,
)
with context.begin_transaction():
    context.run_migrations()
