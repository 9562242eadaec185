-- Percentiles by nearest rank: the smallest duration that so many per cent do not exceed.
CREATE VIEW report_turn_round AS
SELECT
    day,
    stage,
    COUNT(*) AS films,
    MIN(CASE WHEN 100 * place >= 50 * among THEN seconds END) AS p50_s,
    MIN(CASE WHEN 100 * place >= 90 * among THEN seconds END) AS p90_s,
    MIN(CASE WHEN 100 * place >= 95 * among THEN seconds END) AS p95_s,
    MIN(CASE WHEN 100 * place >= 99 * among THEN seconds END) AS p99_s,
    MAX(seconds) AS longest_s
FROM (
    SELECT
        day,
        stage,
        seconds,
        ROW_NUMBER() OVER (PARTITION BY day, stage ORDER BY seconds) AS place,
        COUNT(*) OVER (PARTITION BY day, stage) AS among
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
GROUP BY day, stage
