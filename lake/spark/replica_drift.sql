-- Which tags of one region are missing in another, or on another image there?
--
-- :day          date of the capture, such as '2026-03-15'
-- :source       region that is replicated, such as 'eu-west-1'
-- :replica      region that should be equal
--
-- missing: not in the replica; extra: only in the replica; different: on another image. unknown: the other region has no
-- complete capture of the repository's tags on that day, and no capture whose scope covers the repository.
WITH capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST(:day AS DATE)
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
        WHERE capture_date = CAST(:day AS DATE)
    ) s
    WHERE place = 1
),
described_ones AS (
    SELECT snapshot, captured_at, registry_id, region, repository_name
    FROM repository_settings
    WHERE capture_date = CAST(:day AS DATE) AND described
),
tags AS (
    SELECT t.registry_id, t.region, t.repository_name, t.image_tag, max_by(t.image_digest, t.position) AS image_digest
    FROM image_tags t
    JOIN capture c ON t.snapshot = c.snapshot AND t.captured_at = c.captured_at AND t.registry_id = c.registry_id
        AND t.region = c.region AND t.repository_name = c.repository_name
    WHERE t.capture_date = CAST(:day AS DATE)
    GROUP BY t.registry_id, t.region, t.repository_name, t.image_tag
),
pairs AS (
    SELECT coalesce(s.registry_id, r.registry_id) AS registry_id,
        coalesce(s.repository_name, r.repository_name) AS repository_name,
        coalesce(s.image_tag, r.image_tag) AS image_tag, s.image_digest AS source_digest,
        r.image_digest AS replica_digest
    FROM (SELECT * FROM tags WHERE region = :source) s
    FULL JOIN (SELECT * FROM tags WHERE region = :replica) r
        ON s.registry_id = r.registry_id AND s.repository_name = r.repository_name AND s.image_tag = r.image_tag
)
SELECT p.registry_id, p.repository_name, p.image_tag,
    CASE
        WHEN p.source_digest IS NOT NULL AND p.replica_digest IS NOT NULL THEN 'different'
        WHEN (o.complete AND o.captured_tag_status IN ('ANY', 'TAGGED') AND o.captured_image_status = 'ANY')
            OR (o.snapshot IS NULL AND s.lists_all_repositories AND d.repository_name IS NULL)
            OR (o.snapshot IS NULL AND s.covers_all_repositories AND s.scope_tag_status IN ('ANY', 'TAGGED')
                AND s.scope_image_status = 'ANY')
            THEN CASE WHEN p.replica_digest IS NULL THEN 'missing' ELSE 'extra' END
        ELSE 'unknown'
    END AS drift, p.source_digest, p.replica_digest
FROM pairs p
LEFT JOIN capture o ON p.registry_id = o.registry_id AND p.repository_name = o.repository_name
    AND o.region = CASE WHEN p.replica_digest IS NULL THEN :replica ELSE :source END
LEFT JOIN scope s ON p.registry_id = s.registry_id
    AND s.region = CASE WHEN p.replica_digest IS NULL THEN :replica ELSE :source END
LEFT JOIN described_ones d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.registry_id = s.registry_id
    AND d.region = s.region AND d.repository_name = p.repository_name
WHERE p.source_digest IS NULL OR p.replica_digest IS NULL OR p.source_digest <> p.replica_digest
ORDER BY p.registry_id, p.repository_name, p.image_tag
