-- How often each label reached its threshold; rows of a day are to be summed up.
CREATE VIEW report_findings AS
SELECT
    day, label, films, reached, flagged, urgent, probability_sum, probability_max
FROM report_scores
