-- Made from spark/diff_images.sql by generate.py; change that file.
-- Which images came and went between two days?
--
-- $before       date of the earlier capture, such as '2026-03-08'
-- $after        date of the later capture
--
-- Repositories that both days have a capture of. certainty says what it means that the other capture does not show the
-- image: certain; orArchived (deleted or archived: that capture left archived images out); unknown (that capture was
-- incomplete, or its filter left such images out).
WITH old_capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST($before AS DATE)
    ) ranked
    WHERE place = 1
),
new_capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST($after AS DATE)
    ) ranked
    WHERE place = 1
),
old_images AS (
    -- Of several details of one digest the last one counts.
    SELECT * FROM (
        SELECT i.registry_id, i.region, i.repository_name, i.image_digest, i.image_tags, i.image_pushed_at,
            i.image_size_in_bytes, coalesce(i.image_status, 'ACTIVE') AS image_status,
            row_number() OVER (
                PARTITION BY i.registry_id, i.region, i.repository_name, i.image_digest ORDER BY i.position DESC) AS place
        FROM images i
        JOIN old_capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
            AND i.region = c.region AND i.repository_name = c.repository_name
        WHERE i.capture_date = CAST($before AS DATE)
    ) ranked
    WHERE place = 1
),
new_images AS (
    -- Of several details of one digest the last one counts.
    SELECT * FROM (
        SELECT i.registry_id, i.region, i.repository_name, i.image_digest, i.image_tags, i.image_pushed_at,
            i.image_size_in_bytes, coalesce(i.image_status, 'ACTIVE') AS image_status,
            row_number() OVER (
                PARTITION BY i.registry_id, i.region, i.repository_name, i.image_digest ORDER BY i.position DESC) AS place
        FROM images i
        JOIN new_capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
            AND i.region = c.region AND i.repository_name = c.repository_name
        WHERE i.capture_date = CAST($after AS DATE)
    ) ranked
    WHERE place = 1
)
SELECT * FROM (
    SELECT 'removed' AS change, o.registry_id, o.region, o.repository_name, o.image_digest,
        array_to_string(o.image_tags, ' ') AS image_tags, o.image_size_in_bytes, o.image_pushed_at,
        CASE
            WHEN o.image_pushed_at > c.captured_at THEN 'certain'
            WHEN NOT c.complete OR c.captured_tag_status <> 'ANY' THEN 'unknown'
            WHEN c.captured_image_status = 'ANY' THEN 'certain'
            WHEN c.captured_image_status = 'ACTIVE' AND o.image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END AS certainty
    FROM old_images o
    JOIN new_capture c ON o.registry_id = c.registry_id AND o.region = c.region
        AND o.repository_name = c.repository_name
    LEFT JOIN new_images n ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_digest = n.image_digest
    WHERE n.image_digest IS NULL
    UNION ALL
    SELECT 'added' AS change, n.registry_id, n.region, n.repository_name, n.image_digest,
        array_to_string(n.image_tags, ' ') AS image_tags, n.image_size_in_bytes, n.image_pushed_at,
        CASE
            WHEN n.image_pushed_at > c.captured_at THEN 'certain'
            WHEN NOT c.complete OR c.captured_tag_status <> 'ANY' THEN 'unknown'
            WHEN c.captured_image_status = 'ANY' THEN 'certain'
            WHEN c.captured_image_status = 'ACTIVE' AND n.image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END AS certainty
    FROM new_images n
    JOIN old_capture c ON n.registry_id = c.registry_id AND n.region = c.region
        AND n.repository_name = c.repository_name
    LEFT JOIN old_images o ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_digest = n.image_digest
    WHERE o.image_digest IS NULL
) changes
ORDER BY registry_id, region, repository_name, change, image_pushed_at, image_digest
