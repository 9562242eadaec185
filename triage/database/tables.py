"""All tables of the database: each module that has some is imported here."""

from triage.database import reads_schema, reporting_schema, schema, worklist_schema

MODULES = (schema, reads_schema, reporting_schema, worklist_schema)
metadata = schema.metadata
TABLES = tuple(metadata.sorted_tables)
"""Each after those that it names."""
