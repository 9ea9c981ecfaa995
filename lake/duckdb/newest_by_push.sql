-- Made from spark/newest_by_push.sql by generate.py; change that file.
-- Which tagged image of each repository was pushed last?
--
-- $day          date of the capture, such as '2026-03-15'
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
)
SELECT registry_id, region, repository_name, image_digest, array_to_string(image_tags, ' ') AS image_tags, image_pushed_at
FROM (
    SELECT i.*, row_number() OVER (
        PARTITION BY i.registry_id, i.region, i.repository_name
        ORDER BY i.image_pushed_at DESC, i.position) AS place
    FROM images i
    JOIN capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
        AND i.region = c.region AND i.repository_name = c.repository_name
    WHERE i.capture_date = CAST($day AS DATE) AND i.image_tags IS NOT NULL AND len(i.image_tags) > 0
        AND i.image_pushed_at IS NOT NULL
) ranked
WHERE place = 1
ORDER BY registry_id, region, repository_name
