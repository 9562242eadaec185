-- Scores of the days that are not rolled up yet, summed up by day; of films that came again the last.
CREATE VIEW report_scores_live AS
SELECT
    calendar.day,
    calendar.month,
    COALESCE(film.device, 'AE ' || visit.calling_ae_title) AS device,
    said.bundle_name,
    said.bundle_version,
    said.bundle_digest,
    finding.label,
    COUNT(*) AS films,
    SUM(CASE WHEN finding.tier = 'below_threshold' THEN 0 ELSE 1 END) AS reached,
    SUM(CASE WHEN finding.tier IN ('flagged', 'urgent') THEN 1 ELSE 0 END) AS flagged,
    SUM(CASE WHEN finding.tier = 'urgent' THEN 1 ELSE 0 END) AS urgent,
    SUM(finding.probability) AS probability_sum,
    MAX(finding.probability) AS probability_max,
    SUM(said.infer_s) AS infer_s_sum,
    each_bin(SUM(CASE WHEN in_bin(finding.probability) THEN 1 ELSE 0 END) AS bin_#)
FROM calendar_day AS calendar
CROSS JOIN assessment AS said
JOIN instance AS film ON film.id = said.instance_id
JOIN association AS visit ON visit.id = film.association_id
JOIN finding ON finding.assessment_id = said.id
WHERE
    calendar.day > (SELECT COALESCE(MAX(day), '0001-01-01') FROM rolled_day)
    AND within(said.assessed_at, calendar)
    AND NOT EXISTS (SELECT 1 FROM correction WHERE correction.instance_id = film.id)
GROUP BY
    calendar.day, calendar.month,
    COALESCE(film.device, 'AE ' || visit.calling_ae_title),
    said.bundle_name, said.bundle_version, said.bundle_digest, finding.label
