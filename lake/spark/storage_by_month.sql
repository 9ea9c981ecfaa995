-- How many images and bytes has each repository at the end of each month?
--
-- :first_day    dates to look at: from
-- :last_day     and until, inclusive
--
-- From the last capture of each month. bytes counts an image index as well as the images that it points at. No image
-- is read.
SELECT CAST(date_trunc('month', capture_date) AS DATE) AS capture_month, registry_id, region, repository_name, images,
    bytes, complete
FROM (
    SELECT l.*, row_number() OVER (
        PARTITION BY registry_id, region, repository_name, date_trunc('month', capture_date)
        ORDER BY captured_at DESC, snapshot DESC) AS place
    FROM listings l
    WHERE capture_date BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
) ranked
WHERE place = 1
ORDER BY capture_month, registry_id, region, repository_name
