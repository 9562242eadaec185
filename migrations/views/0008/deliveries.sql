-- What became of the captures of the films that came on a day, and how the PACS answered.
CREATE VIEW report_deliveries AS
SELECT
    calendar.day,
    sent.destination,
    COUNT(*) AS captures,
    SUM(CASE WHEN sent.state = 'WAITING' THEN 1 ELSE 0 END) AS waiting,
    SUM(CASE WHEN sent.state = 'SENT' THEN 1 ELSE 0 END) AS sent,
    SUM(CASE WHEN sent.state = 'PROVEN' THEN 1 ELSE 0 END) AS proven,
    SUM(CASE WHEN sent.state = 'SENT_UNPROVEN' THEN 1 ELSE 0 END) AS sent_unproven,
    SUM(CASE WHEN sent.state = 'PARKED' THEN 1 ELSE 0 END) AS parked,
    SUM(sent.attempts) AS attempts,
    SUM(CASE WHEN sent.sent_at IS NULL THEN 0 ELSE 1 END) AS answered,
    share_of(
        SUM(CASE WHEN sent.sent_at IS NULL THEN 0 ELSE 1 END), SUM(sent.attempts)
    ) AS availability
FROM calendar_day AS calendar
CROSS JOIN instance AS film
JOIN delivery AS sent ON sent.study_id = film.study_id AND sent.instance_id = film.id
WHERE within(film.received_at, calendar)
GROUP BY calendar.day, sent.destination
