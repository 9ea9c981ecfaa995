-- Made from src/lake/tables.rs by lake/generate.py.
--
-- LAKE/ is the folder or the address of the lake. Columns that a file of an older version lacks are NULL. For a lake that
-- is asked often, use CREATE TABLE ... LOCATION in a catalog instead: it keeps the list of partitions.
CREATE OR REPLACE TEMPORARY VIEW images (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repository_name STRING,
    position BIGINT,
    image_digest STRING,
    image_tags ARRAY<STRING>,
    image_size_in_bytes BIGINT,
    image_pushed_at TIMESTAMP,
    image_scan_status STRING,
    image_scan_description STRING,
    image_scan_completed_at TIMESTAMP,
    vulnerability_source_updated_at TIMESTAMP,
    finding_severity_counts MAP<STRING, BIGINT>,
    image_manifest_media_type STRING,
    artifact_media_type STRING,
    last_recorded_pull_time TIMESTAMP,
    subject_manifest_digest STRING,
    image_status STRING,
    last_archived_at TIMESTAMP,
    last_activated_at TIMESTAMP,
    rest STRING,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/images');
CREATE OR REPLACE TEMPORARY VIEW image_tags (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repository_name STRING,
    position BIGINT,
    image_digest STRING,
    tag_position BIGINT,
    image_tag STRING,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/image_tags');
CREATE OR REPLACE TEMPORARY VIEW findings (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repository_name STRING,
    position BIGINT,
    image_digest STRING,
    image_tags ARRAY<STRING>,
    image_scan_completed_at TIMESTAMP,
    severity STRING,
    findings BIGINT,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/findings');
CREATE OR REPLACE TEMPORARY VIEW listings (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repository_name STRING,
    images BIGINT,
    tagged BIGINT,
    untagged BIGINT,
    bytes BIGINT,
    complete BOOLEAN,
    capture_filter STRING,
    captured_tag_status STRING,
    captured_image_status STRING,
    listing_hash STRING,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/listings');
CREATE OR REPLACE TEMPORARY VIEW repository_settings (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repository_name STRING,
    described BOOLEAN,
    created_at TIMESTAMP,
    image_tag_mutability STRING,
    scan_on_push BOOLEAN,
    settings STRING,
    policy_known BOOLEAN,
    policy STRING,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/repository_settings');
CREATE OR REPLACE TEMPORARY VIEW snapshots (
    snapshot STRING,
    captured_at TIMESTAMP,
    registry_id STRING,
    region STRING,
    repositories BIGINT,
    incomplete BIGINT,
    images BIGINT,
    tagged BIGINT,
    untagged BIGINT,
    bytes BIGINT,
    covers_all_repositories BOOLEAN,
    scope_tag_status STRING,
    scope_image_status STRING,
    lists_all_repositories BOOLEAN,
    capture_date DATE,
    registry STRING
) USING parquet OPTIONS (path 'LAKE/snapshots');
