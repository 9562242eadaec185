-- How many of the assessed films were flagged.
CREATE VIEW report_flag_rate AS
SELECT
    day, device, view, sex, age_band,
    COUNT(*) AS films,
    SUM(flagged) AS flagged,
    share_of(SUM(flagged), COUNT(*)) AS flag_rate
FROM report_films
GROUP BY day, device, view, sex, age_band
