-- Which captures are incomplete, and on which days is there none?
--
-- :first_day    dates to look at: from
-- :last_day     and until, inclusive
-- :every_days   days between two captures, such as 1
--
-- incomplete: a listing whose last page still had a token. missing: days without a capture of a registry and region
-- after this one; the days after the last capture count too.
SELECT * FROM (
    SELECT 'incomplete' AS problem, registry_id, region, repository_name, capture_date,
        CAST(NULL AS BIGINT) AS days_without
    FROM listings
    WHERE NOT complete AND capture_date BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
    UNION ALL
    SELECT 'missing' AS problem, registry_id, region, CAST(NULL AS VARCHAR(256)) AS repository_name, capture_date,
        days_without
    FROM (
        SELECT registry_id, region, capture_date,
            CAST(datediff(coalesce(following, CAST(:last_day AS DATE)), capture_date)
                - CASE WHEN following IS NULL THEN 0 ELSE 1 END AS BIGINT) AS days_without
        FROM (
            SELECT registry_id, region, capture_date, lead(capture_date) OVER (
                PARTITION BY registry_id, region ORDER BY capture_date) AS following
            FROM (
                SELECT DISTINCT registry_id, region, capture_date
                FROM snapshots
                WHERE capture_date BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
            ) days
        ) followed
    ) gaps
    WHERE days_without >= CAST(:every_days AS BIGINT)
) problems
ORDER BY registry_id, region, capture_date, problem, repository_name
