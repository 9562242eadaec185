-- What each version of the model said of the films that it was given.
CREATE VIEW report_model_versions AS
SELECT
    film.day,
    finding.label,
    film.bundle_name,
    film.bundle_version,
    film.bundle_digest,
    COUNT(*) AS films,
    SUM(CASE WHEN finding.tier = 'below_threshold' THEN 0 ELSE 1 END) AS reached,
    SUM(finding.probability) AS probability_sum,
    SUM(film.infer_s) AS infer_s_sum
FROM report_films AS film
JOIN finding ON finding.assessment_id = film.assessment_id
GROUP BY film.day, finding.label, film.bundle_name, film.bundle_version, film.bundle_digest
