-- Each reader's last word beside what each bundle said of the same study and label; the probability
-- is that of the loudest film; of films that came again the last counts. A word on what no bundle was asked has one row without a bundle.
CREATE VIEW report_agreement AS
SELECT
    word.day,
    word.study_uid,
    word.label,
    word.reader,
    word.answer,
    word.read_at,
    said.bundle_name,
    said.bundle_version,
    said.bundle_digest,
    COUNT(*) AS films,
    MAX(finding.probability) AS probability,
    MIN(finding.threshold) AS threshold,
    MAX(CASE WHEN finding.tier = 'below_threshold' THEN 0 ELSE 1 END) AS reached,
    MAX(CASE WHEN finding.tier IN ('flagged', 'urgent') THEN 1 ELSE 0 END) AS flagged
FROM report_reads AS word
JOIN instance AS film ON film.study_id = word.study_id
JOIN assessment AS said ON said.instance_id = film.id
JOIN finding ON finding.assessment_id = said.id AND finding.label = word.label
WHERE NOT EXISTS (SELECT 1 FROM correction WHERE correction.instance_id = film.id)
GROUP BY
    word.day, word.study_uid, word.label, word.reader, word.answer, word.read_at,
    said.bundle_name, said.bundle_version, said.bundle_digest
UNION ALL
SELECT
    word.day, word.study_uid, word.label, word.reader, word.answer, word.read_at,
    NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL
FROM report_reads AS word
WHERE NOT EXISTS (
    SELECT 1
    FROM instance AS film
    JOIN assessment AS said ON said.instance_id = film.id
    JOIN finding ON finding.assessment_id = said.id AND finding.label = word.label
    WHERE film.study_id = word.study_id
        AND NOT EXISTS (SELECT 1 FROM correction WHERE correction.instance_id = film.id)
)
