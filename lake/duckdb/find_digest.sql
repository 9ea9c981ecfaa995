-- Made from spark/find_digest.sql by generate.py; change that file.
-- In which registries, regions and repositories is or was this digest?
--
-- $digest       such as 'sha256:4f53cda1...', all of it: the bloom filters of the files are looked up by it
-- $first_day    dates to look at: from
-- $last_day     and until, inclusive
SELECT registry_id, region, repository_name, min(capture_date) AS first_seen, max(capture_date) AS last_seen,
    count(DISTINCT captured_at) AS captures, max_by(array_to_string(image_tags, ' '), captured_at) AS last_tags
FROM images
WHERE image_digest = $digest AND capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
GROUP BY registry_id, region, repository_name
ORDER BY first_seen, registry_id, region, repository_name
