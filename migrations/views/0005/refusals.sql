-- Films that were not assessed, by code, and who was turned away at the door.
CREATE VIEW report_refusals AS
SELECT
    day_of(film.received_at) AS day,
    'film' AS what,
    film.code AS reason,
    visit.calling_ae_title,
    COUNT(*) AS times
FROM instance AS film
JOIN association AS visit ON visit.id = film.association_id
WHERE film.code IS NOT NULL
GROUP BY day_of(film.received_at), film.code, visit.calling_ae_title
UNION ALL
SELECT
    day_of(knock.at),
    'door',
    knock.code,
    knock.calling_ae_title,
    SUM(knock.times)
FROM door_event AS knock
GROUP BY day_of(knock.at), knock.code, knock.calling_ae_title
