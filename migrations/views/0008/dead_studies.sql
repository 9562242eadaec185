-- The studies that a person has to look at, and why each of them was given up.
CREATE VIEW report_dead_studies AS
SELECT
    calendar.day,
    study.study_uid,
    study.state_since AS dead_at,
    study.failures,
    study.deaths AS worker_deaths,
    (
        SELECT event.reason FROM event
        WHERE event.study_id = study.id AND event.to_state = 'DEAD'
        ORDER BY event.id DESC LIMIT 1
    ) AS reason
FROM calendar_day AS calendar
CROSS JOIN study
WHERE
    study.state = 'DEAD'
    AND within(study.first_received_at, calendar)
