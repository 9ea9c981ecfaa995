-- Made from spark/diff_images.sql by generate.py; change that file.
-- Which images came and went between two days?
--
-- before        date of the earlier capture, such as '2026-03-08'
-- after         date of the later capture
--
-- Registries and regions that both days have a capture of. certainty says what it means that the other capture does not show
-- the image: certain; orArchived (deleted or archived: that capture left archived images out); unknown (that capture was
-- incomplete, or its filter left such images out). Of a repository that the other capture does not have and whose scope
-- (covers_all_repositories, lists_all_repositories) does not cover, only images pushed after that capture are listed.
--
-- Parameters by position (in Athena, a text is given with its quotes):
--    1 before
--    2 after
--    3 before
--    4 after
--    5 before
--    6 after
--    7 before
--    8 after
WITH old_capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST(? AS DATE)
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
        WHERE capture_date = CAST(? AS DATE)
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
        WHERE capture_date = CAST(? AS DATE)
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
        WHERE capture_date = CAST(? AS DATE)
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
        SELECT * FROM repository_settings WHERE capture_date = CAST(? AS DATE) AND described
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
        SELECT * FROM repository_settings WHERE capture_date = CAST(? AS DATE) AND described
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
        WHERE i.capture_date = CAST(? AS DATE)
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
        WHERE i.capture_date = CAST(? AS DATE)
    ) ranked
    WHERE place = 1
),
pairs AS (
    -- What only one of the captures shows.
    SELECT CASE WHEN o.image_digest IS NULL THEN 'added' ELSE 'removed' END AS change,
        coalesce(o.registry_id, n.registry_id) AS registry_id, coalesce(o.region, n.region) AS region,
        coalesce(o.repository_name, n.repository_name) AS repository_name,
        coalesce(o.image_digest, n.image_digest) AS image_digest, coalesce(o.image_tags, n.image_tags) AS image_tags,
        coalesce(o.image_size_in_bytes, n.image_size_in_bytes) AS image_size_in_bytes,
        coalesce(o.image_pushed_at, n.image_pushed_at) AS image_pushed_at,
        coalesce(o.image_status, n.image_status) AS image_status
    FROM old_images o
    FULL JOIN new_images n ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_digest = n.image_digest
    WHERE o.image_digest IS NULL OR n.image_digest IS NULL
),
other_known AS (
    -- What is known of the capture that does not show the image.
    SELECT 'added' AS change, old_known.* FROM old_known
    UNION ALL
    SELECT 'removed' AS change, new_known.* FROM new_known
)
SELECT p.change, p.registry_id, p.region, p.repository_name, p.image_digest,
    array_join(p.image_tags, ' ') AS image_tags, p.image_size_in_bytes, p.image_pushed_at,
    CASE
        WHEN p.image_pushed_at > c.captured_at THEN 'certain'
        WHEN NOT c.complete OR c.captured_tag_status <> 'ANY' THEN 'unknown'
        WHEN c.captured_image_status = 'ANY' THEN 'certain'
        WHEN c.captured_image_status = 'ACTIVE' AND p.image_status = 'ACTIVE' THEN 'orArchived'
        ELSE 'unknown'
    END AS certainty
FROM pairs p
JOIN other_known c ON p.change = c.change AND p.registry_id = c.registry_id AND p.region = c.region
    AND p.repository_name = c.repository_name
WHERE c.shown OR c.complete OR p.image_pushed_at > c.captured_at
ORDER BY p.registry_id, p.region, p.repository_name, p.change, p.image_pushed_at, p.image_digest
