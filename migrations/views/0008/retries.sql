-- How often studies had to be tried again, by the day on which they came.
CREATE VIEW report_retries AS
SELECT
    calendar.day,
    COUNT(*) AS studies,
    SUM(CASE WHEN failures + deaths > 0 THEN 1 ELSE 0 END) AS retried,
    SUM(failures) AS failures,
    SUM(deaths) AS worker_deaths,
    SUM(CASE WHEN state = 'DEAD' THEN 1 ELSE 0 END) AS dead
FROM calendar_day AS calendar
CROSS JOIN study
WHERE
    within(study.first_received_at, calendar)
GROUP BY calendar.day
