-- How often each label reached its threshold.
CREATE VIEW report_findings AS
SELECT
    film.day,
    finding.label,
    COUNT(*) AS films,
    SUM(CASE WHEN finding.tier = 'below_threshold' THEN 0 ELSE 1 END) AS reached,
    SUM(CASE WHEN finding.tier IN ('flagged', 'urgent') THEN 1 ELSE 0 END) AS flagged,
    SUM(CASE WHEN finding.tier = 'urgent' THEN 1 ELSE 0 END) AS urgent,
    SUM(finding.probability) AS probability_sum,
    MAX(finding.probability) AS probability_max
FROM report_films AS film
JOIN finding ON finding.assessment_id = film.assessment_id
GROUP BY film.day, finding.label
