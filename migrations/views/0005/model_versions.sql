-- What each version of the model said of the films that it was given.
CREATE VIEW report_model_versions AS
SELECT
    day,
    label,
    bundle_name,
    bundle_version,
    bundle_digest,
    SUM(films) AS films,
    SUM(reached) AS reached,
    SUM(probability_sum) AS probability_sum,
    SUM(infer_s_sum) AS infer_s_sum
FROM report_scores
GROUP BY day, label, bundle_name, bundle_version, bundle_digest
