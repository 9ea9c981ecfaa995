-- Made from src/lake/tables.rs by lake/generate.py.
--
-- LAKE/ is the folder of the lake. The empty SELECT names every column, so that one which all files lack is NULL.
CREATE OR REPLACE VIEW images AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::VARCHAR AS repository_name,
    NULL::BIGINT AS position,
    NULL::VARCHAR AS image_digest,
    NULL::VARCHAR[] AS image_tags,
    NULL::BIGINT AS image_size_in_bytes,
    NULL::TIMESTAMP WITH TIME ZONE AS image_pushed_at,
    NULL::VARCHAR AS image_scan_status,
    NULL::VARCHAR AS image_scan_description,
    NULL::TIMESTAMP WITH TIME ZONE AS image_scan_completed_at,
    NULL::TIMESTAMP WITH TIME ZONE AS vulnerability_source_updated_at,
    NULL::MAP(VARCHAR, BIGINT) AS finding_severity_counts,
    NULL::VARCHAR AS image_manifest_media_type,
    NULL::VARCHAR AS artifact_media_type,
    NULL::TIMESTAMP WITH TIME ZONE AS last_recorded_pull_time,
    NULL::VARCHAR AS subject_manifest_digest,
    NULL::VARCHAR AS image_status,
    NULL::TIMESTAMP WITH TIME ZONE AS last_archived_at,
    NULL::TIMESTAMP WITH TIME ZONE AS last_activated_at,
    NULL::VARCHAR AS rest,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/images/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
CREATE OR REPLACE VIEW image_tags AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::VARCHAR AS repository_name,
    NULL::BIGINT AS position,
    NULL::VARCHAR AS image_digest,
    NULL::BIGINT AS tag_position,
    NULL::VARCHAR AS image_tag,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/image_tags/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
CREATE OR REPLACE VIEW findings AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::VARCHAR AS repository_name,
    NULL::BIGINT AS position,
    NULL::VARCHAR AS image_digest,
    NULL::VARCHAR[] AS image_tags,
    NULL::TIMESTAMP WITH TIME ZONE AS image_scan_completed_at,
    NULL::VARCHAR AS severity,
    NULL::BIGINT AS findings,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/findings/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
CREATE OR REPLACE VIEW listings AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::VARCHAR AS repository_name,
    NULL::BIGINT AS images,
    NULL::BIGINT AS tagged,
    NULL::BIGINT AS untagged,
    NULL::BIGINT AS bytes,
    NULL::BOOLEAN AS complete,
    NULL::VARCHAR AS capture_filter,
    NULL::VARCHAR AS captured_tag_status,
    NULL::VARCHAR AS captured_image_status,
    NULL::VARCHAR AS listing_hash,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/listings/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
CREATE OR REPLACE VIEW repository_settings AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::VARCHAR AS repository_name,
    NULL::BOOLEAN AS described,
    NULL::TIMESTAMP WITH TIME ZONE AS created_at,
    NULL::VARCHAR AS image_tag_mutability,
    NULL::BOOLEAN AS scan_on_push,
    NULL::VARCHAR AS settings,
    NULL::BOOLEAN AS policy_known,
    NULL::VARCHAR AS policy,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/repository_settings/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
CREATE OR REPLACE VIEW snapshots AS
SELECT
    NULL::VARCHAR AS snapshot,
    NULL::TIMESTAMP WITH TIME ZONE AS captured_at,
    NULL::VARCHAR AS registry_id,
    NULL::VARCHAR AS region,
    NULL::BIGINT AS repositories,
    NULL::BIGINT AS incomplete,
    NULL::BIGINT AS images,
    NULL::BIGINT AS tagged,
    NULL::BIGINT AS untagged,
    NULL::BIGINT AS bytes,
    NULL::BOOLEAN AS covers_all_repositories,
    NULL::VARCHAR AS scope_tag_status,
    NULL::VARCHAR AS scope_image_status,
    NULL::BOOLEAN AS lists_all_repositories,
    NULL::DATE AS capture_date,
    NULL::VARCHAR AS registry
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/snapshots/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {'capture_date': DATE, 'registry': VARCHAR});
