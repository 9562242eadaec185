-- One row for each study, with the finding that speaks loudest; no finding where none was assessed.
-- A study all of whose films came again in another one has no row.
CREATE VIEW report_worklist AS
SELECT
    day, study_uid, state, priority, first_received_at, last_received_at,
    tier, tier_rank, label, probability, threshold
FROM (
    SELECT
        ranked.*,
        ROW_NUMBER() OVER (
            PARTITION BY day, study_id ORDER BY tier_rank DESC, probability DESC, label
        ) AS place
    FROM (
        SELECT
            calendar.day,
            study.id AS study_id,
            study.study_uid,
            study.state,
            study.priority,
            study.first_received_at,
            study.last_received_at,
            finding.tier,
            CASE finding.tier
                WHEN 'urgent' THEN 4 WHEN 'flagged' THEN 3 WHEN 'above_threshold' THEN 2
                WHEN 'below_threshold' THEN 1 ELSE 0
            END AS tier_rank,
            finding.label,
            finding.probability,
            finding.threshold
        FROM calendar_day AS calendar
        CROSS JOIN study
        LEFT JOIN instance AS film ON film.study_id = study.id
        LEFT JOIN correction AS fix ON fix.instance_id = film.id
        LEFT JOIN assessment AS said ON said.instance_id = film.id
        LEFT JOIN finding ON finding.assessment_id = said.id
        WHERE
            within(study.first_received_at, calendar)
            AND fix.instance_id IS NULL
    ) AS ranked
) AS placed
WHERE place = 1
