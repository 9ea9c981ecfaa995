-- Made from spark/missing_captures.sql by generate.py; change that file.
-- Which captures are incomplete, which repositories do they leave out, and on which days is there none?
--
-- $first_day    dates to look at: from
-- $last_day     and until, inclusive
-- $every_days   days between two captures, such as 1
--
-- incomplete: a listing whose last page still had a token. missing: days without a capture of a registry and region
-- after this one; the days after the last capture count too. left out: a repository that the capture before this one
-- has, though nothing says that it does not exist any more: neither ingest --scope registry nor a complete list of the
-- repositories.
WITH captures AS (
    SELECT snapshot, captured_at, registry_id, region,
        lead(snapshot) OVER (PARTITION BY registry_id, region ORDER BY captured_at, snapshot) AS next_snapshot,
        lead(captured_at) OVER (PARTITION BY registry_id, region ORDER BY captured_at, snapshot) AS next_captured_at,
        lead(capture_date) OVER (PARTITION BY registry_id, region ORDER BY captured_at, snapshot) AS next_date,
        lead(coalesce(covers_all_repositories, FALSE)) OVER (
            PARTITION BY registry_id, region ORDER BY captured_at, snapshot) AS next_covers,
        lead(coalesce(lists_all_repositories, FALSE)) OVER (
            PARTITION BY registry_id, region ORDER BY captured_at, snapshot) AS next_lists
    FROM snapshots
    WHERE capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),
shown AS (
    SELECT snapshot, captured_at, registry_id, region, repository_name
    FROM listings
    WHERE capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),
described_ones AS (
    SELECT snapshot, captured_at, registry_id, region, repository_name
    FROM repository_settings
    WHERE described AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
)
SELECT * FROM (
    SELECT 'incomplete' AS problem, registry_id, region, repository_name, capture_date,
        CAST(NULL AS BIGINT) AS days_without
    FROM listings
    WHERE NOT complete AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    UNION ALL
    SELECT 'left out' AS problem, c.registry_id, c.region, l.repository_name, c.next_date AS capture_date,
        CAST(NULL AS BIGINT) AS days_without
    FROM captures c
    JOIN shown l ON l.snapshot = c.snapshot AND l.captured_at = c.captured_at AND l.registry_id = c.registry_id
        AND l.region = c.region
    LEFT JOIN shown n ON n.snapshot = c.next_snapshot AND n.captured_at = c.next_captured_at
        AND n.registry_id = c.registry_id AND n.region = c.region AND n.repository_name = l.repository_name
    LEFT JOIN described_ones d ON d.snapshot = c.next_snapshot AND d.captured_at = c.next_captured_at
        AND d.registry_id = c.registry_id AND d.region = c.region AND d.repository_name = l.repository_name
    WHERE c.next_snapshot IS NOT NULL AND n.repository_name IS NULL AND NOT c.next_covers
        AND NOT (c.next_lists AND d.repository_name IS NULL)
    UNION ALL
    SELECT 'missing' AS problem, registry_id, region, CAST(NULL AS VARCHAR) AS repository_name, capture_date,
        days_without
    FROM (
        SELECT registry_id, region, capture_date,
            CAST(date_diff('day', capture_date, coalesce(following, CAST($last_day AS DATE)))
                - CASE WHEN following IS NULL THEN 0 ELSE 1 END AS BIGINT) AS days_without
        FROM (
            SELECT registry_id, region, capture_date, lead(capture_date) OVER (
                PARTITION BY registry_id, region ORDER BY capture_date) AS following
            FROM (
                SELECT DISTINCT registry_id, region, capture_date
                FROM snapshots
                WHERE capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
            ) days
        ) followed
    ) gaps
    WHERE days_without >= CAST($every_days AS BIGINT)
) problems
ORDER BY registry_id, region, capture_date, problem, repository_name
