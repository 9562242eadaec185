-- Whose days the views count by, and how long a study may wait to be read.
CREATE VIEW report_rule AS
SELECT time_zone, maximum_wait_s FROM reporting_rule
