-- What describe-repositories and get-lifecycle-policy pages add to a snapshot: which repositories there
-- were, with which settings, and the lifecycle policy of each.
--
-- Settings and policies are objects, as images are: addressed by a hash of their content and written once.
-- A repository whose settings did not change between two captures is the same row in both.

-- One version of one repository's settings: a row of a describe-repositories page.
CREATE TABLE repository_version (
    id            INTEGER PRIMARY KEY,
    hash          BLOB    NOT NULL UNIQUE,  -- 32 bytes of BLAKE3 over the repository and the columns below
    repository_id INTEGER NOT NULL REFERENCES repository,
    created_at    INTEGER,                  -- createdAt
    created_nanos INTEGER NOT NULL DEFAULT 0 CHECK (created_nanos BETWEEN 0 AND 999), -- below the microsecond
    members       TEXT    NOT NULL          -- JSON: every other member but registryId and repositoryName,
                                            -- those that the API's model has first, in its order
) STRICT;
-- Which versions a repository has (history), and whether anything still belongs to it (forget).
CREATE INDEX repository_version_by_repository ON repository_version (repository_id);

-- The repositories that the describe-repositories pages of a snapshot list.
CREATE TABLE snapshot_repository (
    snapshot_id   INTEGER NOT NULL REFERENCES snapshot,
    repository_id INTEGER NOT NULL REFERENCES repository,
    version_id    INTEGER NOT NULL REFERENCES repository_version,
    position      INTEGER NOT NULL,         -- in the order of the pages, from 0
    PRIMARY KEY (snapshot_id, repository_id)
) STRICT, WITHOUT ROWID;
-- Whether a snapshot still has a version (forget).
CREATE INDEX snapshot_repository_by_version ON snapshot_repository (version_id);

-- The describe-repositories pages that a snapshot was made of.
CREATE TABLE repository_page (
    snapshot_id  INTEGER NOT NULL REFERENCES snapshot,
    ordinal      INTEGER NOT NULL,          -- 0, 1, ... in the order given
    source_id    INTEGER NOT NULL REFERENCES source,
    registry_id  TEXT    NOT NULL,          -- '' if the page has no repository and nothing else says it
    region       TEXT    NOT NULL,          -- likewise
    until        INTEGER NOT NULL,          -- position behind its last repository
    token        TEXT,                      -- as the page had it; NULL on a last page
    PRIMARY KEY (snapshot_id, ordinal)
) STRICT, WITHOUT ROWID;
-- Finds what forget may drop.
CREATE INDEX repository_page_by_source ON repository_page (source_id);

-- The text of a lifecycle policy. Repositories that have the same text share the row.
CREATE TABLE lifecycle_policy (
    id   INTEGER PRIMARY KEY,
    hash BLOB    NOT NULL UNIQUE,           -- 32 bytes of BLAKE3 over the text
    text TEXT    NOT NULL                   -- lifecyclePolicyText as the page had it
) STRICT;

-- The policy of a repository in a snapshot. Without a row it is unknown.
CREATE TABLE snapshot_policy (
    snapshot_id       INTEGER NOT NULL REFERENCES snapshot,
    repository_id     INTEGER NOT NULL REFERENCES repository,
    policy_id         INTEGER REFERENCES lifecycle_policy,  -- NULL: the repository has no policy
    last_evaluated_at INTEGER,              -- lastEvaluatedAt
    last_evaluated_nanos INTEGER NOT NULL DEFAULT 0 CHECK (last_evaluated_nanos BETWEEN 0 AND 999),
    rest              TEXT,                 -- JSON: members that the API's model does not have, else NULL
    source_id         INTEGER NOT NULL REFERENCES source,
    PRIMARY KEY (snapshot_id, repository_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_policy_by_policy ON snapshot_policy (policy_id);
CREATE INDEX snapshot_policy_by_source ON snapshot_policy (source_id);

-- Which settings did each repository have at each date? One row for each repository that the
-- describe-repositories pages of a snapshot list; a snapshot without such pages has none.
CREATE VIEW repository_settings AS
SELECT
    s.name AS snapshot,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    r.registry_id,
    r.name AS repository_name,
    r.region,
    sr.position,
    json_extract(v.members, '$.repositoryArn') AS repository_arn,
    json_extract(v.members, '$.repositoryUri') AS repository_uri,
    strftime('%Y-%m-%dT%H:%M:%S', (v.created_at - 999999 * (v.created_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (v.created_at % 1000000 + 1000000) % 1000000) AS created_at,
    v.created_at AS created_at_us,
    json_extract(v.members, '$.imageTagMutability') AS image_tag_mutability,
    json_extract(v.members, '$.imageScanningConfiguration.scanOnPush') AS scan_on_push,
    json_extract(v.members, '$.encryptionConfiguration.encryptionType') AS encryption_type,
    json_extract(v.members, '$.encryptionConfiguration.kmsKey') AS kms_key,
    v.members,
    v.id AS version_id,     -- equal in two snapshots if no setting changed between them
    s.id AS snapshot_id,
    r.id AS repository_id
FROM snapshot s
CROSS JOIN snapshot_repository sr ON sr.snapshot_id = s.id
CROSS JOIN repository r ON r.id = sr.repository_id
CROSS JOIN repository_version v ON v.id = sr.version_id;

-- Which lifecycle policy did each repository have? `policy` is NULL for a repository that has none; no row
-- means that the capture does not say.
CREATE VIEW lifecycle_policies AS
SELECT
    s.name AS snapshot,
    strftime('%Y-%m-%dT%H:%M:%S', (s.captured_at - 999999 * (s.captured_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (s.captured_at % 1000000 + 1000000) % 1000000) AS captured_at,
    s.captured_at AS captured_at_us,
    r.registry_id,
    r.name AS repository_name,
    r.region,
    p.text AS policy,
    strftime('%Y-%m-%dT%H:%M:%S', (sp.last_evaluated_at - 999999 * (sp.last_evaluated_at < 0)) / 1000000, 'unixepoch')
        || printf('.%06dZ', (sp.last_evaluated_at % 1000000 + 1000000) % 1000000) AS last_evaluated_at,
    sp.last_evaluated_at AS last_evaluated_at_us,
    sp.rest,
    sp.policy_id,
    s.id AS snapshot_id,
    r.id AS repository_id
FROM snapshot s
CROSS JOIN snapshot_policy sp ON sp.snapshot_id = s.id
CROSS JOIN repository r ON r.id = sp.repository_id
LEFT JOIN lifecycle_policy p ON p.id = sp.policy_id;
