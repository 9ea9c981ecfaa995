-- Made from spark/findings_trend.sql by generate.py; change that file.
-- How do the findings of each severity develop?
--
-- $first_day    dates to look at: from
-- $last_day     and until, inclusive
--
-- images counts those that have at least one finding of the severity.
SELECT capture_date, registry_id, region, severity, sum(findings) AS findings,
    count(CASE WHEN findings > 0 THEN 1 END) AS images
FROM findings
WHERE capture_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
GROUP BY capture_date, registry_id, region, severity
ORDER BY capture_date, registry_id, region, severity
