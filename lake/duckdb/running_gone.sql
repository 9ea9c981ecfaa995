-- Made from spark/running_gone.sql by generate.py; change that file.
-- Which running images are not in their registry any more?
--
-- $day          date of the capture, such as '2026-03-15'
--
-- Needs a table running (registry_id, region, repository_name, image_digest): what runs, from the orchestrator.
-- certainty is that of diff_images. Of a repository that the capture of its registry and region does not have, the scope
-- of that capture decides; without one, or without a capture on that day, it is unknown.
WITH capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST($day AS DATE)
    ) ranked
    WHERE place = 1
),
scope AS (
    SELECT s.snapshot, s.captured_at, s.registry_id, s.region, covers_all_repositories, scope_tag_status,
        scope_image_status, lists_all_repositories
    FROM (
        SELECT s.*, row_number() OVER (
            PARTITION BY registry_id, region ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM snapshots s
        WHERE capture_date = CAST($day AS DATE)
    ) s
    WHERE place = 1
),
described_ones AS (
    SELECT snapshot, captured_at, registry_id, region, repository_name
    FROM repository_settings
    WHERE capture_date = CAST($day AS DATE) AND described
),
here AS (
    SELECT DISTINCT i.registry_id, i.region, i.repository_name, i.image_digest
    FROM images i
    JOIN capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
        AND i.region = c.region AND i.repository_name = c.repository_name
    WHERE i.capture_date = CAST($day AS DATE)
)
SELECT r.registry_id, r.region, r.repository_name, r.image_digest,
    CASE
        WHEN c.snapshot IS NULL AND s.lists_all_repositories AND d.repository_name IS NULL THEN 'certain'
        WHEN c.snapshot IS NULL AND s.covers_all_repositories AND s.scope_tag_status = 'ANY' THEN CASE
            WHEN s.scope_image_status = 'ANY' THEN 'certain'
            WHEN s.scope_image_status = 'ACTIVE' THEN 'orArchived'
            ELSE 'unknown'
        END
        WHEN c.snapshot IS NULL OR NOT c.complete OR c.captured_tag_status <> 'ANY' THEN 'unknown'
        WHEN c.captured_image_status = 'ANY' THEN 'certain'
        WHEN c.captured_image_status = 'ACTIVE' THEN 'orArchived'
        ELSE 'unknown'
    END AS certainty
FROM (SELECT DISTINCT registry_id, region, repository_name, image_digest FROM running) r
LEFT JOIN here h ON r.registry_id = h.registry_id AND r.region = h.region
    AND r.repository_name = h.repository_name AND r.image_digest = h.image_digest
LEFT JOIN capture c ON r.registry_id = c.registry_id AND r.region = c.region AND r.repository_name = c.repository_name
LEFT JOIN scope s ON r.registry_id = s.registry_id AND r.region = s.region
LEFT JOIN described_ones d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.registry_id = s.registry_id
    AND d.region = s.region AND d.repository_name = r.repository_name
WHERE h.image_digest IS NULL
ORDER BY r.registry_id, r.region, r.repository_name, r.image_digest
