-- The reading list of each day. On it are the studies of which a film came, or was assessed, on the
-- day or so lately before it that its maximum wait had not ended when the day before it began, so that
-- each is overdue for a whole day; none whose films all came again in another, and no result of ours. Who is on it, and how
-- long each had waited, is told as of the day's end, of today as of now; all else as it is now. The
-- ordered priority goes before everything; within it whoever waited longer than the maximum comes
-- first, in the order of arrival, and then what the tier, the probability and the wait say. A study
-- waits since its first film came, also where that came in another study first, and one that was on
-- the worklist of an earlier day since the end of that day at least. A study that came after it was
-- listed, or whose film belonged to a study that was, has the priority of the list.
CREATE VIEW report_reading_list AS
SELECT
    day,
    ROW_NUMBER() OVER (
        PARTITION BY day
        ORDER BY
            priority DESC,
            overdue DESC,
            CASE WHEN overdue = 1 THEN 0 ELSE tier_rank END DESC,
            CASE WHEN overdue = 1 THEN 0 ELSE COALESCE(probability, 0) END DESC,
            waiting_since,
            study_id
    ) AS place,
    study_uid,
    priority,
    CASE
        WHEN priority >= 3 THEN 'STAT' WHEN priority = 2 THEN 'HIGH' WHEN priority = 1 THEN 'MEDIUM'
        WHEN priority = 0 THEN 'ROUTINE' ELSE 'LOW'
    END AS ordered_priority,
    overdue, tier, tier_rank, label, probability, threshold, waiting_since, waited_s, state, code,
    study_id, instance_id, assessment_id
FROM (
    SELECT
        timed.*,
        CASE WHEN waited_s > maximum_wait_s THEN 1 ELSE 0 END AS overdue,
        ROW_NUMBER() OVER (
            PARTITION BY day, study_id
            ORDER BY tier_rank DESC, probability DESC, label, instance_id
        ) AS loudness
    FROM (
        SELECT ranked.*, seconds_between(waiting_since, told_at) AS waited_s
        FROM (
            SELECT
                came.day,
                came.maximum_wait_s,
                came.study_id,
                came.study_uid,
                came.state,
                came.priority,
                came.told_at,
                CASE
                    WHEN came.listed_until < came.first_received_at THEN came.listed_until
                    ELSE came.first_received_at
                END AS waiting_since,
                film.id AS instance_id,
                film.code,
                said.id AS assessment_id,
                finding.tier,
                CASE finding.tier
                    WHEN 'urgent' THEN 4 WHEN 'flagged' THEN 3 WHEN 'above_threshold' THEN 2
                    WHEN 'below_threshold' THEN 1 ELSE 0
                END AS tier_rank,
                finding.label,
                finding.probability,
                finding.threshold
            FROM (
                SELECT DISTINCT -- once for each study, not for each finding
                    calendar.day,
                    calendar.told_at,
                    rule.maximum_wait_s,
                    study.id AS study_id,
                    study.study_uid,
                    study.state,
                    CASE
                        WHEN study.priority <> 0 THEN study.priority
                        ELSE COALESCE(
                            (
                                SELECT MAX(worklist_study.priority) FROM worklist_study
                                WHERE worklist_study.study_uid IN (
                                    SELECT study.study_uid
                                    UNION ALL
                                    SELECT before.study_uid
                                    FROM instance AS own
                                    JOIN correction ON correction.by_instance_id = own.id
                                    JOIN instance AS old ON old.id = correction.instance_id
                                    JOIN study AS before ON before.id = old.study_id
                                    WHERE own.study_id = study.id
                                )
                            ),
                            0
                        )
                    END AS priority,
                    COALESCE(
                        (
                            SELECT MIN(old.received_at)
                            FROM instance AS own
                            JOIN correction ON correction.by_instance_id = own.id
                            JOIN instance AS old ON old.id = correction.instance_id
                            WHERE own.study_id = study.id
                            AND old.received_at < study.first_received_at
                        ),
                        study.first_received_at
                    ) AS first_received_at,
                    (
                        SELECT MAX(listed.ends_at) FROM calendar_day AS listed
                        WHERE listed.day = (
                            SELECT MIN(worklist_study.day) FROM worklist_study
                            WHERE worklist_study.study_uid IN (
                                SELECT study.study_uid
                                UNION ALL
                                SELECT before.study_uid
                                FROM instance AS own
                                JOIN correction ON correction.by_instance_id = own.id
                                JOIN instance AS old ON old.id = correction.instance_id
                                JOIN study AS before ON before.id = old.study_id
                                WHERE own.study_id = study.id
                            )
                        )
                    ) AS listed_until
                FROM (
                    SELECT
                        day, listed_from, ends_at,
                        CASE WHEN the_moment() < ends_at THEN the_moment() ELSE ends_at END AS told_at
                    FROM (
                        SELECT
                            day, listed_from, MIN(begins_at) AS begins_at, MAX(ends_at) AS ends_at
                        FROM calendar_day
                        GROUP BY day, listed_from
                    ) AS whole
                    WHERE begins_at <= the_moment()
                ) AS calendar
                CROSS JOIN reporting_rule AS rule
                studies_among() (
                    SELECT film.study_id FROM instance AS film
                    WHERE lately(film.received_at, calendar)
                        AND COALESCE(film.code, '') <> 'own_result'
                    UNION
                    SELECT film.study_id FROM assessment AS said
                    CROSS JOIN instance AS film
                    WHERE film.id = said.instance_id AND lately(said.assessed_at, calendar)
                ) of_each_day()
            ) AS came
            LEFT JOIN instance AS film ON film.study_id = came.study_id
            LEFT JOIN correction AS fix ON fix.instance_id = film.id
            LEFT JOIN assessment AS said ON said.instance_id = film.id
            LEFT JOIN finding ON finding.assessment_id = said.id
            WHERE fix.instance_id IS NULL AND COALESCE(film.code, '') <> 'own_result'
        ) AS ranked
    ) AS timed
) AS placed
WHERE loudness = 1
