-- One row for each assessed film that holds; the other views count these. A film that came again with
-- another identity is replaced by the one that came last.
CREATE VIEW report_films AS
SELECT
    calendar.day,
    calendar.month,
    film.study_id,
    film.id AS instance_id,
    said.id AS assessment_id,
    film.received_at,
    said.assessed_at,
    COALESCE(film.device, 'AE ' || visit.calling_ae_title) AS device,
    COALESCE(film.view, 'unknown') AS view,
    COALESCE(film.sex, 'unknown') AS sex,
    COALESCE(film.age_band, 'unknown') AS age_band,
    said.bundle_name,
    said.bundle_version,
    said.bundle_digest,
    said.decode_s,
    said.infer_s,
    said.compose_s,
    CASE WHEN EXISTS (
        SELECT 1 FROM finding
        WHERE finding.assessment_id = said.id AND finding.tier IN ('flagged', 'urgent')
    ) THEN 1 ELSE 0 END AS flagged
FROM calendar_day AS calendar
CROSS JOIN assessment AS said
JOIN instance AS film ON film.id = said.instance_id
JOIN association AS visit ON visit.id = film.association_id
WHERE within(said.assessed_at, calendar)
    AND NOT EXISTS (SELECT 1 FROM correction WHERE correction.instance_id = film.id)
