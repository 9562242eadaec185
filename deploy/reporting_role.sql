-- A role of PostgreSQL that may read the reporting views and the schema's number, and nothing else.
-- Run it as the owner of the database, and again after each `triage database upgrade`, which may
-- make views anew:
--
--     psql "$DATABASE_URL" -f deploy/reporting_role.sql
--     psql "$DATABASE_URL" -c "CREATE ROLE dashboard LOGIN PASSWORD '...' IN ROLE triage_report"
--
-- The views read the tables with their owner's rights. Of tables the role itself sees
-- `alembic_version` alone, so that a program of another version is told so.
DO $$
DECLARE
    reporting text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'triage_report') THEN
        CREATE ROLE triage_report NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO triage_report', current_schema());
    EXECUTE 'GRANT SELECT ON alembic_version TO triage_report';
    FOR reporting IN
        SELECT viewname FROM pg_views
        WHERE schemaname = current_schema() AND viewname LIKE 'report\_%'
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO triage_report', reporting);
    END LOOP;
END
$$;
