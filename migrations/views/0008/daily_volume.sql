-- What came on each day by each calling AE title, and what became of it.
CREATE VIEW report_daily_volume AS
SELECT
    calendar.day,
    visit.calling_ae_title,
    COUNT(DISTINCT film.study_id) AS studies,
    COUNT(*) AS instances,
    SUM(CASE WHEN film.state = 'ASSESSED' THEN 1 ELSE 0 END) AS assessed,
    SUM(CASE WHEN film.state = 'NOT_ASSESSED' THEN 1 ELSE 0 END) AS not_assessed,
    SUM(CASE WHEN film.state = 'QUARANTINED' THEN 1 ELSE 0 END) AS quarantined,
    SUM(CASE WHEN film.state = 'WAITING' THEN 1 ELSE 0 END) AS waiting,
    CAST(SUM(film.bytes) AS bigint) AS bytes
FROM calendar_day AS calendar
CROSS JOIN instance AS film
JOIN association AS visit ON visit.id = film.association_id
WHERE within(film.received_at, calendar)
GROUP BY calendar.day, visit.calling_ae_title
