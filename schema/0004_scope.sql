-- Which repositories a capture covers: without it, a repository that a snapshot lacks is unknown, because it may
-- not have been captured. A row says that the capture covers every repository of a registry and region.
CREATE TABLE snapshot_scope (
    snapshot_id    INTEGER NOT NULL REFERENCES snapshot,
    registry_id    TEXT NOT NULL,
    region         TEXT NOT NULL,           -- the label, as in repository; '' if there is none
    source         TEXT NOT NULL,           -- 'declared' or 'listed'
                                            -- declared: `ingest --scope registry`, the images of every repository
                                            -- listed: complete describe-repositories pages, their names alone
    capture_filter TEXT,                    -- declared: the --filter of the capture; NULL if the user did not say it
    PRIMARY KEY (snapshot_id, registry_id, region, source)
) STRICT, WITHOUT ROWID;

-- Of which registries and regions does a snapshot cover every repository, and how is that known?
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
JOIN snapshot_scope c ON c.snapshot_id = s.id;
