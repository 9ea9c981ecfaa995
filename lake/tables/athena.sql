-- Made from src/lake/tables.rs by lake/generate.py.
--
-- Partition projection: Athena computes the partitions and asks no catalog. Before use, replace BUCKET/LAKE by the place
-- of the lake, the first date by that of your first capture, and r123456789012 by all of your registries, each with its
-- letter, separated by commas. Run one statement at a time.
CREATE EXTERNAL TABLE images (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repository_name string,
    position bigint,
    image_digest string,
    image_tags array<string>,
    image_size_in_bytes bigint,
    image_pushed_at timestamp,
    image_scan_status string,
    image_scan_description string,
    image_scan_completed_at timestamp,
    vulnerability_source_updated_at timestamp,
    finding_severity_counts map<string, bigint>,
    image_manifest_media_type string,
    artifact_media_type string,
    last_recorded_pull_time timestamp,
    subject_manifest_digest string,
    image_status string,
    last_archived_at timestamp,
    last_activated_at timestamp,
    rest string)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/images/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/images/capture_date=${capture_date}/registry=${registry}/'
);
CREATE EXTERNAL TABLE image_tags (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repository_name string,
    position bigint,
    image_digest string,
    tag_position bigint,
    image_tag string)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/image_tags/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/image_tags/capture_date=${capture_date}/registry=${registry}/'
);
CREATE EXTERNAL TABLE findings (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repository_name string,
    position bigint,
    image_digest string,
    image_tags array<string>,
    image_scan_completed_at timestamp,
    severity string,
    findings bigint)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/findings/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/findings/capture_date=${capture_date}/registry=${registry}/'
);
CREATE EXTERNAL TABLE listings (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repository_name string,
    images bigint,
    tagged bigint,
    untagged bigint,
    bytes bigint,
    complete boolean,
    capture_filter string,
    captured_tag_status string,
    captured_image_status string,
    listing_hash string)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/listings/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/listings/capture_date=${capture_date}/registry=${registry}/'
);
CREATE EXTERNAL TABLE repository_settings (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repository_name string,
    described boolean,
    created_at timestamp,
    image_tag_mutability string,
    scan_on_push boolean,
    settings string,
    policy_known boolean,
    policy string)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/repository_settings/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/repository_settings/capture_date=${capture_date}/registry=${registry}/'
);
CREATE EXTERNAL TABLE snapshots (
    snapshot string,
    captured_at timestamp,
    registry_id string,
    region string,
    repositories bigint,
    incomplete bigint,
    images bigint,
    tagged bigint,
    untagged bigint,
    bytes bigint,
    covers_all_repositories boolean,
    scope_tag_status string,
    scope_image_status string,
    lists_all_repositories boolean)
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/snapshots/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/snapshots/capture_date=${capture_date}/registry=${registry}/'
);
