-- Made from spark/diff_images.sql by generate.py; change that file.
-- Which images came and went between two days?
--
-- $before       date of the earlier capture, such as '2026-03-08'
-- $after        date of the later capture
--
-- Registries and regions that both days have a capture of. certainty says what it means that the other capture does not show
-- the image: certain; orArchived (deleted or archived: that capture left archived images out); unknown (that capture was
-- incomplete, or its filter left such images out). Of a repository that the other capture does not have and whose scope
-- (covers_all_repositories, lists_all_repositories) does not cover, only images pushed after that capture are listed.
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
old_scope AS (
    SELECT snapshot, captured_at, registry_id, region, covers_all_repositories, scope_tag_status, scope_image_status,
        lists_all_repositories
    FROM (
        SELECT s.*, row_number() OVER (
            PARTITION BY registry_id, region ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM snapshots s
        WHERE capture_date = CAST($before AS DATE)
    ) ranked
    WHERE place = 1
),
new_scope AS (
    SELECT snapshot, captured_at, registry_id, region, covers_all_repositories, scope_tag_status, scope_image_status,
        lists_all_repositories
    FROM (
        SELECT s.*, row_number() OVER (
            PARTITION BY registry_id, region ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM snapshots s
        WHERE capture_date = CAST($after AS DATE)
    ) ranked
    WHERE place = 1
),
old_known AS (
    -- What the capture says of a repository that only the other one has: as much as its scope.
    SELECT captured_at, registry_id, region, repository_name, TRUE AS shown, complete, captured_tag_status,
        captured_image_status
    FROM old_capture
    UNION ALL
    SELECT s.captured_at, o.registry_id, o.region, o.repository_name, FALSE AS shown,
        (coalesce(s.lists_all_repositories, FALSE) AND d.repository_name IS NULL)
            OR coalesce(s.covers_all_repositories, FALSE) AS complete,
        CASE WHEN s.lists_all_repositories AND d.repository_name IS NULL THEN 'ANY'
            ELSE s.scope_tag_status END AS captured_tag_status,
        CASE WHEN s.lists_all_repositories AND d.repository_name IS NULL THEN 'ANY'
            ELSE s.scope_image_status END AS captured_image_status
    FROM new_capture o
    JOIN old_scope s ON o.registry_id = s.registry_id AND o.region = s.region
    LEFT JOIN old_capture c ON o.registry_id = c.registry_id AND o.region = c.region
        AND o.repository_name = c.repository_name
    LEFT JOIN (
        SELECT * FROM repository_settings WHERE capture_date = CAST($before AS DATE) AND described
    ) d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.registry_id = s.registry_id
        AND d.region = s.region AND d.repository_name = o.repository_name
    WHERE c.repository_name IS NULL
),
new_known AS (
    -- What the capture says of a repository that only the other one has: as much as its scope.
    SELECT captured_at, registry_id, region, repository_name, TRUE AS shown, complete, captured_tag_status,
        captured_image_status
    FROM new_capture
    UNION ALL
    SELECT s.captured_at, o.registry_id, o.region, o.repository_name, FALSE AS shown,
        (coalesce(s.lists_all_repositories, FALSE) AND d.repository_name IS NULL)
            OR coalesce(s.covers_all_repositories, FALSE) AS complete,
        CASE WHEN s.lists_all_repositories AND d.repository_name IS NULL THEN 'ANY'
            ELSE s.scope_tag_status END AS captured_tag_status,
        CASE WHEN s.lists_all_repositories AND d.repository_name IS NULL THEN 'ANY'
            ELSE s.scope_image_status END AS captured_image_status
    FROM old_capture o
    JOIN new_scope s ON o.registry_id = s.registry_id AND o.region = s.region
    LEFT JOIN new_capture c ON o.registry_id = c.registry_id AND o.region = c.region
        AND o.repository_name = c.repository_name
    LEFT JOIN (
        SELECT * FROM repository_settings WHERE capture_date = CAST($after AS DATE) AND described
    ) d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.registry_id = s.registry_id
        AND d.region = s.region AND d.repository_name = o.repository_name
    WHERE c.repository_name IS NULL
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
    JOIN new_known c ON o.registry_id = c.registry_id AND o.region = c.region
        AND o.repository_name = c.repository_name
    LEFT JOIN new_images n ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_digest = n.image_digest
    WHERE n.image_digest IS NULL AND (c.shown OR c.complete OR o.image_pushed_at > c.captured_at)
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
    JOIN old_known c ON n.registry_id = c.registry_id AND n.region = c.region
        AND n.repository_name = c.repository_name
    LEFT JOIN old_images o ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_digest = n.image_digest
    WHERE o.image_digest IS NULL AND (c.shown OR c.complete OR n.image_pushed_at > c.captured_at)
) changes
ORDER BY registry_id, region, repository_name, change, image_pushed_at, image_digest
