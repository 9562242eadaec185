-- How many films of a device had a score within each of ten bins, by month.
CREATE VIEW report_score_histogram AS
SELECT
    film.month,
    film.device,
    film.bundle_name,
    film.bundle_version,
    film.bundle_digest,
    finding.label,
    COUNT(*) AS films,
    each_bin(SUM(CASE WHEN in_bin(finding.probability) THEN 1 ELSE 0 END) AS bin_#)
FROM report_films AS film
JOIN finding ON finding.assessment_id = film.assessment_id
GROUP BY
    film.month, film.device, film.bundle_name, film.bundle_version, film.bundle_digest,
    finding.label
