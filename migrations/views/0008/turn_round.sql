-- Percentiles by nearest rank: the smallest duration that so many per cent do not exceed. SQLite
-- hands a first day down through windows, but not through an aggregate over one.
CREATE VIEW report_turn_round AS
SELECT DISTINCT
    day,
    stage,
    COUNT(*) OVER whole AS films,
    MIN(CASE WHEN share >= 0.50 THEN seconds END) OVER whole AS p50_s,
    MIN(CASE WHEN share >= 0.90 THEN seconds END) OVER whole AS p90_s,
    MIN(CASE WHEN share >= 0.95 THEN seconds END) OVER whole AS p95_s,
    MIN(CASE WHEN share >= 0.99 THEN seconds END) OVER whole AS p99_s,
    MAX(seconds) OVER whole AS longest_s
FROM (
    SELECT
        day,
        stage,
        seconds,
        CUME_DIST() OVER (PARTITION BY day, stage ORDER BY seconds) AS share
    FROM (
        SELECT day, '1 decode' AS stage, decode_s AS seconds FROM report_films
        UNION ALL
        SELECT day, '2 infer', infer_s FROM report_films
        UNION ALL
        SELECT day, '3 compose', compose_s FROM report_films
        UNION ALL
        SELECT day, '4 received to assessed', seconds_between(received_at, assessed_at)
        FROM report_films
        UNION ALL
        SELECT film.day, '5 assessed to delivered', seconds_between(film.assessed_at, sent.sent_at)
        FROM report_films AS film
        JOIN delivery AS sent
            ON sent.study_id = film.study_id AND sent.instance_id = film.instance_id
        WHERE sent.sent_at IS NOT NULL
        UNION ALL
        SELECT film.day, '6 received to delivered', seconds_between(film.received_at, sent.sent_at)
        FROM report_films AS film
        JOIN delivery AS sent
            ON sent.study_id = film.study_id AND sent.instance_id = film.instance_id
        WHERE sent.sent_at IS NOT NULL
    ) AS timed
) AS placed
WINDOW whole AS (PARTITION BY day, stage)
