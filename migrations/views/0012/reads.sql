-- What each reader said last on a label of a study; what was said before stays in the table. Days
-- are those of the site's zone.
CREATE VIEW report_reads AS
SELECT
    calendar.day,
    word.id AS read_id,
    word.study_id,
    study.study_uid,
    word.label,
    word.reader,
    word.answer,
    word.read_at
FROM calendar_day AS calendar
CROSS JOIN reads AS word
JOIN study ON study.id = word.study_id
WHERE within(word.read_at, calendar)
    AND NOT EXISTS (
        SELECT 1
        FROM reads AS later
        WHERE later.study_id = word.study_id AND later.label = word.label
            AND later.reader = word.reader
            AND (
                later.read_at > word.read_at
                OR (later.read_at = word.read_at AND later.id > word.id)
            )
    )
