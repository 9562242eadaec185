-- Population stability index: the sum over bins of (p - q) ln(p / q), p the share of the month's
-- films in the bin and q that of the month before; half a film more in each keeps both above 0.
CREATE VIEW report_score_drift AS
SELECT
    month, reference_month, device, bundle_name, bundle_version, bundle_digest, label,
    films, reference_films,
    sum_of_bins((p_# - q_#) * LN(p_# / q_#)) AS psi
FROM (
    SELECT
        latest.month,
        earlier.month AS reference_month,
        latest.device,
        latest.bundle_name,
        latest.bundle_version,
        latest.bundle_digest,
        latest.label,
        latest.films,
        earlier.films AS reference_films,
        each_bin(CAST(latest.bin_# + 0.5 AS double precision) / (latest.films + 5) AS p_#),
        each_bin(CAST(earlier.bin_# + 0.5 AS double precision) / (earlier.films + 5) AS q_#)
    FROM report_score_histogram AS latest
    JOIN report_score_histogram AS earlier
        ON earlier.month = month_before(latest.month)
        AND earlier.device = latest.device
        AND earlier.bundle_digest = latest.bundle_digest
        AND earlier.bundle_name = latest.bundle_name
        AND earlier.bundle_version = latest.bundle_version
        AND earlier.label = latest.label
) AS compared
