-- Made from spark/tag_history.sql by generate.py; change that file.
-- On which images was a tag, and from when until when?
--
-- registry      registry, such as '123456789012'
-- repository    name of the repository
-- tag           the tag, such as 'prod'
-- first_day     dates to look at: from
-- last_day      and until, inclusive
--
-- One row for each stretch of captures that show the tag on the same image. Captures that cannot show the tag
-- (incomplete, or of untagged images) do not end a stretch; one that does not show it does. If a capture shows it on
-- several images, the last in the listing counts.
--
-- Parameters by position (in Athena, a text is given with its quotes):
--    1 registry
--    2 repository
--    3 tag
--    4 first_day
--    5 last_day
--    6 registry
--    7 repository
--    8 first_day
--    9 last_day
WITH states AS (
    SELECT l.region, l.captured_at, l.capture_date, t.image_digest
    FROM listings l
    LEFT JOIN (
        SELECT snapshot, captured_at, region, image_digest, row_number() OVER (
            PARTITION BY snapshot, captured_at, region ORDER BY position DESC) AS place
        FROM image_tags
        WHERE registry_id = ? AND repository_name = ? AND image_tag = ?
            AND capture_date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)
    ) t ON t.snapshot = l.snapshot AND t.captured_at = l.captured_at AND t.region = l.region AND t.place = 1
    WHERE l.registry_id = ? AND l.repository_name = ?
        AND l.capture_date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)
        AND (t.image_digest IS NOT NULL
            OR (l.complete AND l.captured_tag_status IN ('ANY', 'TAGGED') AND l.captured_image_status IN ('ANY', 'ACTIVE')))
),
changes AS (
    SELECT s.*, CASE WHEN coalesce(image_digest, '') = coalesce(lag(image_digest) OVER (
        PARTITION BY region ORDER BY captured_at), '') THEN 0 ELSE 1 END AS changed
    FROM states s
),
stretches AS (
    SELECT c.*, sum(changed) OVER (PARTITION BY region ORDER BY captured_at) AS stretch
    FROM changes c
)
SELECT region, image_digest, min(capture_date) AS first_seen, max(capture_date) AS last_seen, count(*) AS captures
FROM stretches
WHERE image_digest IS NOT NULL
GROUP BY region, stretch, image_digest
ORDER BY region, first_seen
