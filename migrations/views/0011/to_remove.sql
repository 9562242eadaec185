-- Results of films that came again with another patient, study or accession: for a person to remove.
-- What was certainly never sent is left out. A page is replaced by the page at the same place. Days
-- are those of the site's zone.
CREATE VIEW report_to_remove AS
SELECT
    calendar.day,
    fix.at AS superseded_at,
    study.study_uid,
    old.sop_instance_uid,
    old.destination,
    CASE
        WHEN old.state = 'PROVEN' THEN 'proven'
        WHEN old.state IN ('SENT', 'SENT_UNPROVEN') THEN 'sent'
        ELSE 'in doubt'
    END AS at_pacs,
    new_study.study_uid AS new_study_uid,
    new.sop_instance_uid AS replaced_by,
    new.state AS replacement_state
FROM calendar_day AS calendar
CROSS JOIN correction AS fix
JOIN instance AS film ON film.id = fix.instance_id + 0  -- so that corrections are found first
JOIN study ON study.id = film.study_id
JOIN delivery AS old ON old.study_id = film.study_id AND old.instance_id = film.id
JOIN instance AS again ON again.id = fix.by_instance_id
JOIN study AS new_study ON new_study.id = again.study_id
LEFT JOIN delivery AS new
    ON new.study_id = again.study_id AND new.instance_id = again.id
    AND new.destination = old.destination
    AND (
        SELECT COUNT(*) FROM delivery AS page
        WHERE page.study_id = new.study_id AND page.instance_id = new.instance_id
            AND page.destination = new.destination AND page.id < new.id
    ) = (
        SELECT COUNT(*) FROM delivery AS page
        WHERE page.study_id = old.study_id AND page.instance_id = old.instance_id
            AND page.destination = old.destination AND page.id < old.id
    )
WHERE within(fix.at, calendar)
    AND (old.sent_at IS NOT NULL OR old.in_doubt)
