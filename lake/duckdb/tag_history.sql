-- Made from spark/tag_history.sql by generate.py; change that file.
-- On which images was a tag, and from when until when?
--
-- $registry     registry, such as '123456789012'
-- $repository   name of the repository
-- $tag          the tag, such as 'prod'
-- $first_day    dates to look at: from
-- $last_day     and until, inclusive
--
-- One row for each stretch of captures that show the tag on the same image. Captures that cannot show the tag
-- (incomplete, or of untagged images) do not end a stretch; one that does not show it does. A capture without the
-- repository ends it if its scope says that the repository was not there or had no such image. If a capture shows the tag
-- on several images, the last in the listing counts.
WITH states AS (
    SELECT s.region, s.captured_at, s.capture_date, t.image_digest
    FROM snapshots s
    LEFT JOIN (
        SELECT * FROM listings
        WHERE registry_id = $registry AND repository_name = $repository
            AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    ) l ON l.snapshot = s.snapshot AND l.captured_at = s.captured_at AND l.region = s.region
    LEFT JOIN (
        SELECT snapshot, captured_at, region, repository_name FROM repository_settings
        WHERE registry_id = $registry AND repository_name = $repository AND described
            AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    ) d ON d.snapshot = s.snapshot AND d.captured_at = s.captured_at AND d.region = s.region
    LEFT JOIN (
        SELECT snapshot, captured_at, region, image_digest, row_number() OVER (
            PARTITION BY snapshot, captured_at, region ORDER BY position DESC) AS place
        FROM image_tags
        WHERE registry_id = $registry AND repository_name = $repository AND image_tag = $tag
            AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    ) t ON t.snapshot = s.snapshot AND t.captured_at = s.captured_at AND t.region = s.region AND t.place = 1
    WHERE s.registry_id = $registry
        AND s.capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
        AND (t.image_digest IS NOT NULL
            OR (l.complete AND l.captured_tag_status IN ('ANY', 'TAGGED') AND l.captured_image_status IN ('ANY', 'ACTIVE'))
            OR (l.repository_name IS NULL AND ((s.lists_all_repositories AND d.repository_name IS NULL)
                OR (s.covers_all_repositories AND s.scope_tag_status IN ('ANY', 'TAGGED')
                    AND s.scope_image_status IN ('ANY', 'ACTIVE')))))
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
