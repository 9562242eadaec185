"""What a database's schema lacks, held against one that this program's migrations make afresh."""

import re
from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from triage.database.migrate import current_revision, newest_revision, upgrade
from triage.domain.problem import Problem, ProblemCode

_SQLITE = """
SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
"""
_SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(:holder)"
_POSTGRESQL = """
SELECT 'index', CAST(indexname AS text) FROM pg_indexes WHERE schemaname = current_schema()
UNION SELECT 'trigger', CAST(tgname AS text) FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT 'constraint', CAST(conname AS text) FROM pg_constraint
UNION SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema = current_schema()
"""
_CONSTRAINT = re.compile(r'CONSTRAINT "?(\w+)"?')

Part = tuple[str, str]
"""A kind, such as ``index``, and a name."""


def drift(connection: Connection) -> Iterator[Problem]:
    """Yield what is missing of tables, columns, constraints, indexes, triggers and views.

    What a site has added is its own. On SQLite a view's text counts too; PostgreSQL keeps none, so
    there its columns are compared.
    """
    revision = current_revision(connection)
    if revision != newest_revision():
        sentence = f"it is {revision or 'empty'}, this program's is {newest_revision()}"
        yield Problem(ProblemCode.SCHEMA, "schema", f"{sentence}: run triage database upgrade")
        return
    missing = _expected() - _parts(connection)
    for kind, name in sorted(missing):
        yield Problem(ProblemCode.SCHEMA, f"{kind} {name}", "it is missing")
    if connection.dialect.name == "sqlite":
        yield from _changed_views(connection)


def _parts(connection: Connection) -> set[Part]:
    if connection.dialect.name == "postgresql":
        return {(str(kind), str(name)) for kind, name in connection.execute(text(_POSTGRESQL))}
    return _parts_of_sqlite(connection)


def _parts_of_sqlite(connection: Connection) -> set[Part]:
    parts: set[Part] = set()
    for kind, name, sql in connection.execute(text(_SQLITE)).all():
        if kind == "table":
            parts |= {("constraint", found) for found in _CONSTRAINT.findall(sql)}
        elif kind in {"index", "trigger"}:
            parts.add((kind, name))
        if kind in {"table", "view"}:
            parts |= {("column", f"{name}.{column}") for column in _columns(connection, name)}
    return parts


def _columns(connection: Connection, holder: str) -> list[str]:
    """Return none of a view whose table is gone."""
    try:
        return [*connection.scalars(text(_SQLITE_COLUMNS), {"holder": holder})]
    except OperationalError:
        return []


def _changed_views(connection: Connection) -> Iterator[Problem]:
    there = _views(connection)
    for name, sql in _expected_views().items():
        if name in there and there[name] != sql:
            sentence = "its text is another than this program's"
            yield Problem(ProblemCode.SCHEMA, f"view {name}", sentence)


def _views(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text(_SQLITE))
    return {name: " ".join(sql.split()) for kind, name, sql in rows if kind == "view"}


def _expected() -> frozenset[Part]:
    return _fresh()[0]


def _expected_views() -> dict[str, str]:
    return _fresh()[1]


@lru_cache(maxsize=1)
def _fresh() -> tuple[frozenset[Part], dict[str, str]]:
    """Run the migrations on an empty database in memory."""
    engine = create_engine("sqlite://")
    upgrade(engine)
    with engine.connect() as connection:
        made = frozenset(_parts_of_sqlite(connection)), _views(connection)
    engine.dispose()
    return made
