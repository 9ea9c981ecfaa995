-- Which tags came, went and moved to another image between two days?
--
-- :before       date of the earlier capture, such as '2026-03-08'
-- :after        date of the later capture
--
-- Repositories that both days have a capture of. certainty says what it means that the other capture does not show the
-- tag: certain; orArchived (deleted or archived: that capture left archived images out); unknown (that capture was
-- incomplete, or its filter left such images out).
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
        WHERE i.capture_date = CAST(:before AS DATE)
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
        WHERE i.capture_date = CAST(:after AS DATE)
    ) ranked
    WHERE place = 1
),
old_tags AS (
    SELECT DISTINCT t.registry_id, t.region, t.repository_name, t.image_tag, t.image_digest
    FROM image_tags t
    JOIN old_capture c ON t.snapshot = c.snapshot AND t.captured_at = c.captured_at AND t.registry_id = c.registry_id
        AND t.region = c.region AND t.repository_name = c.repository_name
    WHERE t.capture_date = CAST(:before AS DATE)
),
new_tags AS (
    SELECT DISTINCT t.registry_id, t.region, t.repository_name, t.image_tag, t.image_digest
    FROM image_tags t
    JOIN new_capture c ON t.snapshot = c.snapshot AND t.captured_at = c.captured_at AND t.registry_id = c.registry_id
        AND t.region = c.region AND t.repository_name = c.repository_name
    WHERE t.capture_date = CAST(:after AS DATE)
),
gone AS (
    -- A tag may be on several images at once: what only one side has is paired in the order of the digests.
    SELECT a.*, row_number() OVER (
        PARTITION BY a.registry_id, a.region, a.repository_name, a.image_tag ORDER BY a.image_digest) AS pair
    FROM old_tags a
    JOIN new_capture c ON a.registry_id = c.registry_id AND a.region = c.region AND a.repository_name = c.repository_name
    LEFT JOIN new_tags b ON a.registry_id = b.registry_id AND a.region = b.region AND a.repository_name = b.repository_name
        AND a.image_tag = b.image_tag AND a.image_digest = b.image_digest
    WHERE b.image_tag IS NULL
),
come AS (
    -- A tag may be on several images at once: what only one side has is paired in the order of the digests.
    SELECT a.*, row_number() OVER (
        PARTITION BY a.registry_id, a.region, a.repository_name, a.image_tag ORDER BY a.image_digest) AS pair
    FROM new_tags a
    JOIN old_capture c ON a.registry_id = c.registry_id AND a.region = c.region AND a.repository_name = c.repository_name
    LEFT JOIN old_tags b ON a.registry_id = b.registry_id AND a.region = b.region AND a.repository_name = b.repository_name
        AND a.image_tag = b.image_tag AND a.image_digest = b.image_digest
    WHERE b.image_tag IS NULL
),
pairs AS (
    SELECT coalesce(g.registry_id, n.registry_id) AS registry_id, coalesce(g.region, n.region) AS region,
        coalesce(g.repository_name, n.repository_name) AS repository_name,
        coalesce(g.image_tag, n.image_tag) AS image_tag, g.image_digest AS from_digest, n.image_digest AS to_digest
    FROM gone g
    FULL JOIN come n ON g.registry_id = n.registry_id AND g.region = n.region
        AND g.repository_name = n.repository_name AND g.image_tag = n.image_tag AND g.pair = n.pair
)
SELECT p.registry_id, p.region, p.repository_name, p.image_tag,
    CASE WHEN p.from_digest IS NULL THEN 'added' WHEN p.to_digest IS NULL THEN 'removed' ELSE 'moved' END AS change,
    p.from_digest, p.to_digest,
    CASE
        WHEN p.from_digest IS NOT NULL AND p.to_digest IS NOT NULL THEN 'certain'
        WHEN p.to_digest IS NULL THEN CASE
            WHEN NOT nc.complete OR nc.captured_tag_status NOT IN ('ANY', 'TAGGED') THEN 'unknown'
            -- The image is there, without the tag, or was pushed later: then the tag was not there.
            WHEN n.image_digest IS NOT NULL OR o.image_pushed_at > nc.captured_at THEN 'certain'
            WHEN nc.captured_image_status = 'ANY' THEN 'certain'
            WHEN nc.captured_image_status = 'ACTIVE' AND o.image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END
        ELSE CASE
            WHEN NOT oc.complete OR oc.captured_tag_status NOT IN ('ANY', 'TAGGED') THEN 'unknown'
            -- The image is there, without the tag, or was pushed later: then the tag was not there.
            WHEN o.image_digest IS NOT NULL OR n.image_pushed_at > oc.captured_at THEN 'certain'
            WHEN oc.captured_image_status = 'ANY' THEN 'certain'
            WHEN oc.captured_image_status = 'ACTIVE' AND n.image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END
    END AS certainty
FROM pairs p
JOIN old_capture oc ON p.registry_id = oc.registry_id AND p.region = oc.region AND p.repository_name = oc.repository_name
JOIN new_capture nc ON p.registry_id = nc.registry_id AND p.region = nc.region AND p.repository_name = nc.repository_name
LEFT JOIN old_images o ON p.registry_id = o.registry_id AND p.region = o.region
    AND p.repository_name = o.repository_name AND coalesce(p.from_digest, p.to_digest) = o.image_digest
LEFT JOIN new_images n ON p.registry_id = n.registry_id AND p.region = n.region
    AND p.repository_name = n.repository_name AND coalesce(p.to_digest, p.from_digest) = n.image_digest
ORDER BY p.registry_id, p.region, p.repository_name, p.image_tag, p.from_digest, p.to_digest
