-- Made from spark/newest_by_version.sql by generate.py; change that file.
-- Which tag of each repository is the highest version?
--
-- $day          date of the capture, such as '2026-03-15'
--
-- Versions are tags such as 1.4.0 or v1.4.0: three numbers. Pre-releases (1.4.0-rc.1) and other tags are left out.
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
SELECT registry_id, region, repository_name, image_tag, image_digest
FROM (
    SELECT t.registry_id, t.region, t.repository_name, t.image_tag, t.image_digest, row_number() OVER (
        PARTITION BY t.registry_id, t.region, t.repository_name
        ORDER BY CAST(regexp_extract(t.image_tag, '^v?([0-9]+)[.]([0-9]+)[.]([0-9]+)$', 1) AS BIGINT) DESC,
            CAST(regexp_extract(t.image_tag, '^v?([0-9]+)[.]([0-9]+)[.]([0-9]+)$', 2) AS BIGINT) DESC,
            CAST(regexp_extract(t.image_tag, '^v?([0-9]+)[.]([0-9]+)[.]([0-9]+)$', 3) AS BIGINT) DESC,
            t.image_tag, t.image_digest) AS place
    FROM image_tags t
    JOIN capture c ON t.snapshot = c.snapshot AND t.captured_at = c.captured_at AND t.registry_id = c.registry_id
        AND t.region = c.region AND t.repository_name = c.repository_name
    WHERE t.capture_date = CAST($day AS DATE)
        AND regexp_matches(t.image_tag, '^v?[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$')
) ranked
WHERE place = 1
ORDER BY registry_id, region, repository_name
