-- Made from spark/images.sql by generate.py; change that file.
-- Which images meet these conditions on one day?
--
-- $day          date of the capture, such as '2026-03-15'
-- $repository   pattern of LIKE for the repository's name; '%' is any
-- $severity     at least one finding of this severity, such as 'CRITICAL'
-- $older_than   pushed at least so many days before the capture; 0 is any
--
-- Images that were scanned and had such findings. Untagged images are included: their image_tags is NULL.
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
SELECT f.registry_id, f.region, f.repository_name, f.image_digest, array_to_string(i.image_tags, ' ') AS image_tags,
    f.findings, i.image_size_in_bytes, i.image_pushed_at, i.last_recorded_pull_time
FROM findings f
JOIN capture c ON f.snapshot = c.snapshot AND f.captured_at = c.captured_at AND f.registry_id = c.registry_id
    AND f.region = c.region AND f.repository_name = c.repository_name
JOIN images i ON i.snapshot = f.snapshot AND i.captured_at = f.captured_at AND i.registry_id = f.registry_id
    AND i.region = f.region AND i.repository_name = f.repository_name AND i.position = f.position
WHERE f.capture_date = CAST($day AS DATE) AND i.capture_date = CAST($day AS DATE)
    AND f.severity = $severity AND f.findings > 0 AND f.repository_name LIKE $repository
    AND i.image_pushed_at <= i.captured_at - INTERVAL '1' DAY * CAST($older_than AS INT)
ORDER BY f.findings DESC, f.registry_id, f.region, f.repository_name, i.position
