-- Which settings and which lifecycle policy has each repository?
--
-- :day          date of the capture, such as '2026-03-15'
-- :repository   pattern of LIKE for the name of the repository, '%' for all
--
-- lifecycle is 'policy', 'none', or 'unknown' if the capture does not say. Needs a capture with describe-repositories or
-- get-lifecycle-policy pages.
SELECT registry_id, region, repository_name, created_at, image_tag_mutability, scan_on_push,
    CASE WHEN NOT policy_known THEN 'unknown' WHEN policy IS NULL THEN 'none' ELSE 'policy' END AS lifecycle
FROM (
    SELECT r.*, row_number() OVER (
        PARTITION BY registry_id, region, repository_name ORDER BY captured_at DESC, snapshot DESC) AS place
    FROM repository_settings r
    WHERE capture_date = CAST(:day AS DATE) AND repository_name LIKE :repository
) ranked
WHERE place = 1
ORDER BY registry_id, region, repository_name
