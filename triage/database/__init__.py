"""All SQL of the product, on SQLite and PostgreSQL alike."""
