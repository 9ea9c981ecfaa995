-- The store: git's object model in tables that a stock sqlite3 can read.
--
--   snapshot -> snapshot_listing -> listing -> listing_chunk -> chunk -> chunk_run -> image
--
-- image, chunk and listing are objects: addressed by a hash of their content, written once, never
-- changed. A snapshot points at one listing for each repository it covers.
-- Instants are INTEGER microseconds since 1970-01-01T00:00:00Z; sizes are bytes.

-- A repository of a registry. `region` is the label given at ingest; the pages never say it.
CREATE TABLE repository (
    id          INTEGER PRIMARY KEY,
    registry_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    region      TEXT NOT NULL DEFAULT '',   -- '' where no label was given
    UNIQUE (name, registry_id, region)      -- by name first: `--repository-name` seeks here
) STRICT;

-- The texts that thousands of images share, kept once for each combination.
CREATE TABLE image_kind (
    id                  INTEGER PRIMARY KEY,
    manifest_media_type TEXT,
    artifact_media_type TEXT,
    image_status        TEXT,
    scan_status         TEXT,
    scan_description    TEXT
) STRICT;
-- Finds a combination at ingest. NULLs are compared with IS, which can use the index.
CREATE INDEX image_kind_by_text ON image_kind
    (scan_status, image_status, manifest_media_type, artifact_media_type, scan_description);

-- One version of one detail. Rows of one load of one repository have consecutive ids in page
-- order, which is what makes a run of them one row in chunk_run.
CREATE TABLE image (
    id                INTEGER PRIMARY KEY,
    hash              BLOB    NOT NULL,     -- 16 bytes of BLAKE3 over the columns below
    repository_id     INTEGER NOT NULL REFERENCES repository,
    kind_id           INTEGER NOT NULL REFERENCES image_kind,
    digest            ANY     NOT NULL,     -- 32-byte BLOB for sha256:<64 hex>, else TEXT as it was
    tags              TEXT,                 -- JSON array in page order
    size_bytes        INTEGER,
    pushed_at         INTEGER,
    scan_completed_at INTEGER,
    vulnerability_source_updated_at INTEGER,
    severity_counts   TEXT,                 -- JSON object in page order
    pulled_at         INTEGER,
    archived_at       INTEGER,
    activated_at      INTEGER,
    subject_digest    ANY,                  -- like digest
    rest              TEXT                  -- JSON: what has no column (see README.md), else NULL
) STRICT;

-- Every version of an image by its digest: the lead is the digest's first six bytes, big-endian.
-- A table of its own, and not an index on image, so that a load can fill it in key order: that
-- appends at the right edge of the tree where an index would be hit at random.
CREATE TABLE digest_index (
    repository_id INTEGER NOT NULL REFERENCES repository,
    digest_lead   INTEGER NOT NULL,
    image_id      INTEGER NOT NULL REFERENCES image,
    PRIMARY KEY (repository_id, digest_lead, image_id)
) STRICT, WITHOUT ROWID;

-- Every version of an image by each of its tags; filled in key order for the same reason.
CREATE TABLE tag_index (
    repository_id INTEGER NOT NULL REFERENCES repository,
    tag           TEXT    NOT NULL,
    image_id      INTEGER NOT NULL REFERENCES image,
    PRIMARY KEY (repository_id, tag, image_id)
) STRICT, WITHOUT ROWID;

-- A stretch of a listing, cut where the images' own hashes say (so that an insertion moves no later
-- border), about 64 images long. A day's changes make new chunks only where they fall.
CREATE TABLE chunk (
    id     INTEGER PRIMARY KEY,
    hash   BLOB    NOT NULL UNIQUE,         -- 16 bytes of BLAKE3 over the images' hashes
    length INTEGER NOT NULL,                -- images
    tagged INTEGER NOT NULL,                -- images with at least one tag
    bytes  INTEGER NOT NULL,                -- sum of size_bytes
    -- The text of a page in which the images were read last, where it can be told again: it need not
    -- be parsed then. The keyed hashes are of its first 256 bytes (eight bytes) and of all (16).
    text_lead   INTEGER,
    text_length INTEGER,
    text_hash   BLOB
) STRICT;

-- The images of a chunk, as runs of consecutive image ids.
CREATE TABLE chunk_run (
    chunk_id INTEGER NOT NULL REFERENCES chunk,
    "offset" INTEGER NOT NULL,              -- of the run's first image in the chunk
    image_id INTEGER NOT NULL REFERENCES image,
    length   INTEGER NOT NULL,
    PRIMARY KEY (chunk_id, "offset")
) STRICT, WITHOUT ROWID;

-- The ordered details of one repository, with the sums that an overview needs.
CREATE TABLE listing (
    id            INTEGER PRIMARY KEY,
    hash          BLOB    NOT NULL UNIQUE,  -- 32 bytes of BLAKE3 over repository and chunks' hashes
    repository_id INTEGER NOT NULL REFERENCES repository,
    images        INTEGER NOT NULL,
    digests       INTEGER NOT NULL,         -- different ones; less than images where details contradict
    tagged        INTEGER NOT NULL,         -- images with at least one tag
    bytes         INTEGER NOT NULL          -- sum of size_bytes
) STRICT;

CREATE TABLE listing_chunk (
    listing_id INTEGER NOT NULL REFERENCES listing,
    start      INTEGER NOT NULL,            -- position of the chunk's first image
    chunk_id   INTEGER NOT NULL REFERENCES chunk,
    PRIMARY KEY (listing_id, start)
) STRICT, WITHOUT ROWID;

-- What was true at one instant.
CREATE TABLE snapshot (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    captured_at INTEGER NOT NULL
) STRICT;
-- `latest`, `latest~N` and `@TIME` walk this.
CREATE INDEX snapshot_by_time ON snapshot (captured_at, id);

CREATE TABLE snapshot_listing (
    snapshot_id    INTEGER NOT NULL REFERENCES snapshot,
    repository_id  INTEGER NOT NULL REFERENCES repository,
    listing_id     INTEGER NOT NULL REFERENCES listing,
    complete       INTEGER NOT NULL CHECK (complete IN (0, 1)),  -- 0: the last page's token was open
    capture_filter TEXT,                    -- the --filter of the capture, where the user said it
    PRIMARY KEY (snapshot_id, repository_id)
) STRICT, WITHOUT ROWID;
-- Whether anything still points at a listing (forget), and where an image was seen (history).
CREATE INDEX snapshot_listing_by_listing ON snapshot_listing (listing_id);

-- Provenance: one run of ingest, the files it read and the pages it found in them.
CREATE TABLE ingest (
    id          INTEGER PRIMARY KEY,
    snapshot_id INTEGER NOT NULL REFERENCES snapshot,
    ingested_at INTEGER NOT NULL,
    program     TEXT    NOT NULL,           -- ecrsnap and its version
    options     TEXT    NOT NULL,           -- JSON: what changes how a page is read
    pages       INTEGER                     -- pages of its files, as rows of page; NULL where reading
                                            -- them gave a warning, so that they must be read again
) STRICT;

CREATE TABLE source (
    id          INTEGER PRIMARY KEY,
    ingest_id   INTEGER NOT NULL REFERENCES ingest,
    name        TEXT    NOT NULL,           -- the path as it was given
    hash        BLOB    NOT NULL,           -- 32 bytes of BLAKE3 over the file as it was
    bytes       INTEGER NOT NULL,
    modified_at INTEGER
) STRICT;
-- The files of a run; when the same come again, they need not be parsed.
CREATE INDEX source_by_ingest ON source (ingest_id);

CREATE TABLE page (
    snapshot_id    INTEGER NOT NULL REFERENCES snapshot,
    repository_id  INTEGER NOT NULL REFERENCES repository,
    ordinal        INTEGER NOT NULL,        -- 0, 1, ... in the order given
    source_id      INTEGER NOT NULL REFERENCES source,
    start          INTEGER NOT NULL,        -- position of its first detail in the listing
    images         INTEGER NOT NULL,
    token          TEXT,                    -- as the page had it; NULL on a last page
    PRIMARY KEY (snapshot_id, repository_id, ordinal)
) STRICT, WITHOUT ROWID;
-- Finds what forget may drop.
CREATE INDEX page_by_source ON page (source_id);
