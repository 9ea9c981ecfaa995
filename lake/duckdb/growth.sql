-- Made from spark/growth.sql by generate.py; change that file.
-- What does a forecast of the storage need? Bytes at both ends, and the slope of a line through all captures.
--
-- $first_day    dates to look at: from
-- $last_day     and until, inclusive
--
-- Incomplete captures are left out. bytes_per_day is NULL if there is only one capture.
SELECT registry_id, region, count(*) AS captures, min(capture_date) AS first_seen, max(capture_date) AS last_seen,
    min_by(bytes, captured_at) AS first_bytes, max_by(bytes, captured_at) AS last_bytes,
    min_by(images, captured_at) AS first_images, max_by(images, captured_at) AS last_images,
    regr_slope(CAST(bytes AS DOUBLE), CAST(day_number AS DOUBLE)) AS bytes_per_day
FROM (
    SELECT s.*, date_diff('day', CAST($first_day AS DATE), capture_date) AS day_number
    FROM snapshots s
    WHERE incomplete = 0 AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
) numbered
GROUP BY registry_id, region
ORDER BY registry_id, region
