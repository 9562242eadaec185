-- What each reader said last on a label of a study; what was said before stays in the table. Days
-- are those of the site's zone, cut at midnight UTC, so that the index of the days of UTC finds them.
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
WHERE day_of(word.read_at) = utc_day_of(calendar)
    AND word.read_at >= calendar.begins_at AND word.read_at < calendar.ends_at
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
