-- The public views: the store for people who bring their own SQL. The tables of 0001 may change with a
-- migration; a released view keeps its columns and their meaning, and may only gain some at the end.
--
-- Columns that a detail has in the API have its member's name in snake case. An instant comes twice: as
-- text in UTC with six digits, so that it sorts as it should and reads well, and as integer
-- microseconds (`_us`), which is what to calculate with. The text is made with a floor, since SQLite's
-- division and remainder go towards zero and an instant may lie before 1970.
--
-- `snapshot` is the snapshot's name. `region` is '' where no label was given. No view has an order of its
-- own: say ORDER BY position for the order of the pages.

-- Which snapshots are there, and how much is in each? `back` is the N of `latest~N`: 0 is the newest.
CREATE VIEW snapshots AS
SELECT
    s.name AS snapshot,
    row_number() OVER (ORDER BY s.captured_at DESC, s.id DESC) - 1 AS back,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    count(l.id) AS repositories,
    coalesce(sum(sl.complete = 0), 0) AS incomplete,
    coalesce(sum(l.images), 0) AS images,
    coalesce(sum(l.tagged), 0) AS tagged,
    coalesce(sum(l.images - l.tagged), 0) AS untagged,
    coalesce(sum(l.bytes), 0) AS bytes,
    s.id AS snapshot_id
FROM snapshot s
LEFT JOIN snapshot_listing sl ON sl.snapshot_id = s.id
LEFT JOIN listing l ON l.id = sl.listing_id
GROUP BY s.id;

-- What did each repository hold at each date? From the sums that ingest wrote: no image is read.
-- `complete` is 0 where the capture stopped early, so that what is absent is unknown and not deleted.
-- `bytes` counts an image index beside the images it points at.
CREATE VIEW repositories AS
SELECT
    s.name AS snapshot,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    r.registry_id,
    r.name AS repository_name,
    r.region,
    l.images,
    l.tagged,
    l.images - l.tagged AS untagged,
    l.bytes,
    sl.complete,
    sl.capture_filter,
    s.id AS snapshot_id,
    r.id AS repository_id,
    l.id AS listing_id      -- equal in two snapshots where nothing at all changed between them
FROM snapshot s
JOIN snapshot_listing sl ON sl.snapshot_id = s.id
JOIN repository r ON r.id = sl.repository_id
JOIN listing l ON l.id = sl.listing_id;

-- Which images are in a snapshot, with all that is known of each? One row a detail. An image that did not
-- change between two snapshots is in both with the same `image_id`.
-- The join goes from the snapshot to the image by seeks alone: a run of a chunk is a range of image ids.
-- CROSS JOIN fixes that way; from an image back to its snapshots there is no index to follow.
CREATE VIEW images AS
SELECT
    s.name AS snapshot,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    r.registry_id,
    r.name AS repository_name,
    r.region,
    lc.start + cr."offset" + i.id - cr.image_id AS position,
    CASE typeof(i.digest) WHEN 'blob' THEN 'sha256:' || lower(hex(i.digest)) ELSE i.digest END
        AS image_digest,
    i.tags AS image_tags,
    i.size_bytes AS image_size_in_bytes,
    strftime('%Y-%m-%dT%H:%M:%S', (i.pushed_at - 999999 * (i.pushed_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.pushed_at % 1000000 + 1000000) % 1000000) AS image_pushed_at,
    i.pushed_at AS image_pushed_at_us,
    k.scan_status AS image_scan_status,
    k.scan_description AS image_scan_description,
    strftime('%Y-%m-%dT%H:%M:%S', (i.scan_completed_at - 999999 * (i.scan_completed_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.scan_completed_at % 1000000 + 1000000) % 1000000) AS image_scan_completed_at,
    i.scan_completed_at AS image_scan_completed_at_us,
    strftime('%Y-%m-%dT%H:%M:%S',
        (i.vulnerability_source_updated_at - 999999 * (i.vulnerability_source_updated_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.vulnerability_source_updated_at % 1000000 + 1000000) % 1000000)
        AS vulnerability_source_updated_at,
    i.vulnerability_source_updated_at AS vulnerability_source_updated_at_us,
    i.severity_counts AS finding_severity_counts,
    k.manifest_media_type AS image_manifest_media_type,
    k.artifact_media_type,
    strftime('%Y-%m-%dT%H:%M:%S', (i.pulled_at - 999999 * (i.pulled_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.pulled_at % 1000000 + 1000000) % 1000000) AS last_recorded_pull_time,
    i.pulled_at AS last_recorded_pull_time_us,
    CASE typeof(i.subject_digest) WHEN 'blob' THEN 'sha256:' || lower(hex(i.subject_digest)) ELSE i.subject_digest END
        AS subject_manifest_digest,
    k.image_status,         -- as the page had it: NULL in captures older than the member
    strftime('%Y-%m-%dT%H:%M:%S', (i.archived_at - 999999 * (i.archived_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.archived_at % 1000000 + 1000000) % 1000000) AS last_archived_at,
    i.archived_at AS last_archived_at_us,
    strftime('%Y-%m-%dT%H:%M:%S', (i.activated_at - 999999 * (i.activated_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (i.activated_at % 1000000 + 1000000) % 1000000) AS last_activated_at,
    i.activated_at AS last_activated_at_us,
    i.rest,
    i.id AS image_id,
    s.id AS snapshot_id,
    r.id AS repository_id
FROM snapshot s
CROSS JOIN snapshot_listing sl ON sl.snapshot_id = s.id
CROSS JOIN repository r ON r.id = sl.repository_id
CROSS JOIN listing_chunk lc ON lc.listing_id = sl.listing_id
CROSS JOIN chunk_run cr ON cr.chunk_id = lc.chunk_id
CROSS JOIN image i ON i.id BETWEEN cr.image_id AND cr.image_id + cr.length - 1
CROSS JOIN image_kind k ON k.id = i.kind_id;

-- Which tag is on which image? One row a tag; `tag_position` is its place in the image's own list.
CREATE VIEW image_tags AS
SELECT
    i.snapshot,
    i.captured_at,
    i.captured_at_us,
    i.registry_id,
    i.repository_name,
    i.region,
    i.position,
    i.image_digest,
    t.key AS tag_position,
    t.value AS image_tag,
    i.image_id
FROM images i
CROSS JOIN json_each(i.image_tags) t;

-- How many findings of which severity has an image? One row a severity that the page counted. No row
-- means nothing found or not scanned; `finding_severity_counts` of `images` tells the two apart.
CREATE VIEW findings AS
SELECT
    i.snapshot,
    i.captured_at,
    i.captured_at_us,
    i.registry_id,
    i.repository_name,
    i.region,
    i.position,
    i.image_digest,
    i.image_tags,
    i.image_scan_completed_at,
    i.image_scan_completed_at_us,
    f.key AS severity,
    f.value AS findings,
    i.image_id
FROM images i
CROSS JOIN json_each(i.finding_severity_counts) f;

-- Which files was a snapshot made of, and by which run of which version? `hash` is BLAKE3 over the file as
-- it was, as `b3sum` prints it. `options` is JSON: the options that change how a page is read.
CREATE VIEW sources AS
SELECT
    s.name AS snapshot,
    f.name AS source,
    f.bytes,
    lower(hex(f.hash)) AS hash,
    strftime('%Y-%m-%dT%H:%M:%S', (f.modified_at - 999999 * (f.modified_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (f.modified_at % 1000000 + 1000000) % 1000000) AS modified_at,
    f.modified_at AS modified_at_us,
    strftime('%Y-%m-%dT%H:%M:%S', (n.ingested_at - 999999 * (n.ingested_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (n.ingested_at % 1000000 + 1000000) % 1000000) AS ingested_at,
    n.ingested_at AS ingested_at_us,
    n.program,
    n.options,
    n.id AS ingest_id,
    f.id AS source_id
FROM source f
JOIN ingest n ON n.id = f.ingest_id
JOIN snapshot s ON s.id = n.snapshot_id;

-- Which page of which file does a stretch of a listing come from? A page has the images from `start`
-- to `start + images - 1`; the last page's `token` is NULL where the listing is complete.
CREATE VIEW pages AS
SELECT
    s.name AS snapshot,
    r.registry_id,
    r.name AS repository_name,
    r.region,
    p.ordinal,
    p.start,
    p.images,
    p.token,
    f.name AS source,
    p.source_id
FROM page p
JOIN snapshot s ON s.id = p.snapshot_id
JOIN repository r ON r.id = p.repository_id
JOIN source f ON f.id = p.source_id;
