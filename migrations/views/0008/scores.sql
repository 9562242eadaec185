-- Scores of every day: what was rolled up, and what was not yet.
CREATE VIEW report_scores AS
SELECT
    day, month_of_day(day) AS month, device, bundle_name, bundle_version, bundle_digest, label,
    films, reached, flagged, urgent, probability_sum, probability_max, infer_s_sum,
    each_bin(bin_#)
FROM score_day
UNION ALL
SELECT
    day, month, device, bundle_name, bundle_version, bundle_digest, label,
    films, reached, flagged, urgent, probability_sum, probability_max, infer_s_sum,
    each_bin(bin_#)
FROM report_scores_live
