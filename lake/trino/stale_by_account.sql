-- Made from spark/stale_by_account.sql by generate.py; change that file.
-- How much of each account is untagged, and how much is tagged but was not pulled lately?
--
-- day           date of the capture, such as '2026-03-15'
-- idle_days     an image is stale if it was last pulled (or pushed, if no pull is recorded) more than so many days
--               before the capture
--
-- The images of an index have no tags either: an untagged image is not always one that may be deleted.
--
-- Parameters by position (in Athena, a text is given with its quotes):
--    1 day
--    2 idle_days
--    3 day
WITH capture AS (
    -- If a repository was captured more than once on that day, the last capture counts.
    SELECT snapshot, captured_at, registry_id, region, repository_name, complete, captured_tag_status, captured_image_status
    FROM (
        SELECT l.*, row_number() OVER (
            PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
        FROM listings l
        WHERE capture_date = CAST(? AS DATE)
    ) ranked
    WHERE place = 1
)
SELECT registry_id, count(*) AS images, sum(bytes) AS bytes,
    sum(untagged) AS untagged_images, sum(untagged * bytes) AS untagged_bytes,
    sum(stale) AS stale_images, sum(stale * bytes) AS stale_bytes
FROM (
    SELECT i.registry_id, coalesce(i.image_size_in_bytes, 0) AS bytes,
        CASE WHEN coalesce(cardinality(i.image_tags), 0) <= 0 THEN 1 ELSE 0 END AS untagged,
        CASE WHEN coalesce(cardinality(i.image_tags), 0) > 0
            AND coalesce(i.last_recorded_pull_time, i.image_pushed_at)
                < i.captured_at - INTERVAL '1' DAY * CAST(? AS INT)
            THEN 1 ELSE 0 END AS stale
    FROM images i
    JOIN capture c ON i.snapshot = c.snapshot AND i.captured_at = c.captured_at AND i.registry_id = c.registry_id
        AND i.region = c.region AND i.repository_name = c.repository_name
    WHERE i.capture_date = CAST(? AS DATE)
) facts
GROUP BY registry_id
ORDER BY registry_id
