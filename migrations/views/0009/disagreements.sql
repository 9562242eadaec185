-- Studies of which a reader and a bundle say different things of a label.
CREATE VIEW report_disagreements AS
SELECT
    day, study_uid, label, reader, answer, read_at,
    bundle_name, bundle_version, bundle_digest, films, probability, threshold, flagged
FROM report_agreement
WHERE (answer = 'present' AND reached = 0) OR (answer = 'absent' AND reached = 1)
