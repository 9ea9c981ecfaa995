-- Which tags came, went and moved to another image between two days?
--
-- :before       date of the earlier capture, such as '2026-03-08'
-- :after        date of the later capture
--
-- Registries and regions that both days have a capture of. certainty says what it means that the other capture does not show
-- the tag: certain; orArchived (deleted or archived: that capture left archived images out); unknown (that capture was
-- incomplete, or its filter left such images out). The tags of a repository that the other capture does not have are
-- listed if its scope (covers_all_repositories, lists_all_repositories) covers the repository.
WITH old_capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST(:before AS DATE)
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
        WHERE capture_date = CAST(:after AS DATE)
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
        WHERE capture_date = CAST(:before AS DATE)
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
        WHERE capture_date = CAST(:after AS DATE)
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
        SELECT * FROM repository_settings WHERE capture_date = CAST(:before AS DATE) AND described
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
        SELECT * FROM repository_settings WHERE capture_date = CAST(:after AS DATE) AND described
    ) d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.registry_id = s.registry_id
        AND d.region = s.region AND d.repository_name = o.repository_name
    WHERE c.repository_name IS NULL
),
old_images AS (
    -- Of several details of one digest the last one counts.
    SELECT * FROM (
        SELECT i.snapshot, i.captured_at, i.registry_id, i.region, i.repository_name, i.image_digest, i.position,
            row_number() OVER (
                PARTITION BY i.registry_id, i.region, i.repository_name, i.image_digest ORDER BY i.position DESC) AS place
        FROM images i
        JOIN old_capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
            AND i.region = c.region AND i.repository_name = c.repository_name
        WHERE i.capture_date = CAST(:before AS DATE)
    ) ranked
    WHERE place = 1
),
new_images AS (
    -- Of several details of one digest the last one counts.
    SELECT * FROM (
        SELECT i.snapshot, i.captured_at, i.registry_id, i.region, i.repository_name, i.image_digest, i.position,
            row_number() OVER (
                PARTITION BY i.registry_id, i.region, i.repository_name, i.image_digest ORDER BY i.position DESC) AS place
        FROM images i
        JOIN new_capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
            AND i.region = c.region AND i.repository_name = c.repository_name
        WHERE i.capture_date = CAST(:after AS DATE)
    ) ranked
    WHERE place = 1
),
old_tags AS (
    -- A capture that was made during a move can show a tag on several images: the last of them has it.
    SELECT t.registry_id, t.region, t.repository_name, t.image_tag, max_by(t.image_digest, t.position) AS image_digest
    FROM image_tags t
    JOIN old_images i ON t.snapshot = i.snapshot AND t.captured_at = i.captured_at AND t.registry_id = i.registry_id
        AND t.region = i.region AND t.repository_name = i.repository_name AND t.position = i.position
    WHERE t.capture_date = CAST(:before AS DATE)
    GROUP BY t.registry_id, t.region, t.repository_name, t.image_tag
),
new_tags AS (
    -- A capture that was made during a move can show a tag on several images: the last of them has it.
    SELECT t.registry_id, t.region, t.repository_name, t.image_tag, max_by(t.image_digest, t.position) AS image_digest
    FROM image_tags t
    JOIN new_images i ON t.snapshot = i.snapshot AND t.captured_at = i.captured_at AND t.registry_id = i.registry_id
        AND t.region = i.region AND t.repository_name = i.repository_name AND t.position = i.position
    WHERE t.capture_date = CAST(:after AS DATE)
    GROUP BY t.registry_id, t.region, t.repository_name, t.image_tag
),
pairs AS (
    SELECT coalesce(o.registry_id, n.registry_id) AS registry_id, coalesce(o.region, n.region) AS region,
        coalesce(o.repository_name, n.repository_name) AS repository_name,
        coalesce(o.image_tag, n.image_tag) AS image_tag, o.image_digest AS from_digest, n.image_digest AS to_digest
    FROM old_tags o
    FULL JOIN new_tags n ON o.registry_id = n.registry_id AND o.region = n.region
        AND o.repository_name = n.repository_name AND o.image_tag = n.image_tag
)
SELECT p.registry_id, p.region, p.repository_name, p.image_tag,
    CASE WHEN p.from_digest IS NULL THEN 'added' WHEN p.to_digest IS NULL THEN 'removed' ELSE 'moved' END AS change,
    p.from_digest, p.to_digest,
    CASE
        WHEN p.from_digest IS NOT NULL AND p.to_digest IS NOT NULL THEN 'certain'
        WHEN p.to_digest IS NULL THEN CASE
            WHEN NOT nc.complete OR nc.captured_tag_status = 'UNTAGGED' THEN 'unknown'
            WHEN nc.captured_image_status = 'ANY' THEN 'certain'
            WHEN nc.captured_image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END
        ELSE CASE
            WHEN NOT oc.complete OR oc.captured_tag_status = 'UNTAGGED' THEN 'unknown'
            WHEN oc.captured_image_status = 'ANY' THEN 'certain'
            WHEN oc.captured_image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END
    END AS certainty
FROM pairs p
JOIN old_known oc ON p.registry_id = oc.registry_id AND p.region = oc.region AND p.repository_name = oc.repository_name
JOIN new_known nc ON p.registry_id = nc.registry_id AND p.region = nc.region AND p.repository_name = nc.repository_name
WHERE (p.from_digest IS NULL AND (oc.shown OR oc.complete)) OR (p.to_digest IS NULL AND (nc.shown OR nc.complete))
    OR p.from_digest <> p.to_digest
ORDER BY p.registry_id, p.region, p.repository_name, p.image_tag, p.from_digest, p.to_digest
