-- Which repositories a capture covers: without it, a repository that a snapshot lacks is unknown, because it may
-- not have been captured. A row says that the capture has the images of every repository of a registry and region
-- (`ingest --scope registry`). Complete describe-repositories pages (0005) are a scope too, of names alone.
CREATE TABLE snapshot_scope (
    snapshot_id    INTEGER NOT NULL REFERENCES snapshot,
    registry_id    TEXT NOT NULL,
    region         TEXT NOT NULL,           -- the label, as in repository; '' if there is none
    capture_filter TEXT,                    -- the --filter of the capture; NULL if the user did not say it
    PRIMARY KEY (snapshot_id, registry_id, region)
) STRICT, WITHOUT ROWID;

-- Of which registries and regions does a snapshot cover every repository, and how is that known? `declared` by the
-- user, or `listed` by describe-repositories pages, the last of which has no token.
CREATE VIEW scopes AS
SELECT
    s.name AS snapshot,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    c.registry_id,
    c.region,
    c.source,
    c.capture_filter,
    s.id AS snapshot_id
FROM snapshot s
JOIN (
    SELECT snapshot_id, registry_id, region, 'declared' AS source, capture_filter FROM snapshot_scope
    UNION ALL
    SELECT snapshot_id, registry_id, region, 'listed', NULL FROM repository_page p
    WHERE registry_id <> '' AND token IS NULL AND ordinal =
        (SELECT max(q.ordinal) FROM repository_page q
         WHERE (q.snapshot_id, q.registry_id, q.region) = (p.snapshot_id, p.registry_id, p.region))
) c ON c.snapshot_id = s.id;
