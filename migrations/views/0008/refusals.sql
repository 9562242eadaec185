-- Films that were not assessed, by code, and who was turned away at the door.
CREATE VIEW report_refusals AS
SELECT
    calendar.day,
    'film' AS what,
    film.code AS reason,
    visit.calling_ae_title,
    COUNT(*) AS times
FROM calendar_day AS calendar
CROSS JOIN instance AS film
JOIN association AS visit ON visit.id = film.association_id
WHERE
    film.code IS NOT NULL
    AND within(film.received_at, calendar)
GROUP BY calendar.day, film.code, visit.calling_ae_title
UNION ALL
SELECT
    calendar.day,
    'door',
    knock.code,
    knock.calling_ae_title,
    SUM(knock.times)
FROM calendar_day AS calendar
CROSS JOIN door_event AS knock
WHERE within(knock.at, calendar)
GROUP BY calendar.day, knock.code, knock.calling_ae_title
