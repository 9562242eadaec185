-- How often each label reached its threshold.
CREATE VIEW report_findings AS
SELECT
    day,
    label,
    SUM(films) AS films,
    SUM(reached) AS reached,
    SUM(flagged) AS flagged,
    SUM(urgent) AS urgent,
    SUM(probability_sum) AS probability_sum,
    MAX(probability_max) AS probability_max
FROM report_scores
GROUP BY day, label
