-- How many films of a device had a score within each of ten bins, by month.
CREATE VIEW report_score_histogram AS
SELECT
    month,
    device,
    bundle_name,
    bundle_version,
    bundle_digest,
    label,
    SUM(films) AS films,
    each_bin(SUM(bin_#) AS bin_#)
FROM report_scores
GROUP BY month, device, bundle_name, bundle_version, bundle_digest, label
