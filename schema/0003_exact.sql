-- Exact counts and one form of a filter. No image, chunk or listing hash changes.

-- Version 0.1 took digests with the same first six bytes for one digest. It counted too few only where
-- it counted fewer digests than images.
UPDATE listing SET digests = (
    SELECT count(DISTINCT i.digest)
    FROM listing_chunk lc
    CROSS JOIN chunk_run cr ON cr.chunk_id = lc.chunk_id
    CROSS JOIN image i ON i.id BETWEEN cr.image_id AND cr.image_id + cr.length - 1
    WHERE lc.listing_id = listing.id
)
WHERE digests < images;

-- Version 0.1 kept the text that was typed, so that one filter had many. `canonical_filter` is a function
-- of the program; a filter that it cannot read counts as unknown, as it did in 0.1.
UPDATE snapshot_listing SET capture_filter = canonical_filter(capture_filter) WHERE capture_filter IS NOT NULL;

-- Sizes that pages state can add up to more than 64 bits hold. `sum` fails then; `bytes` is now the exact
-- sum, or the nearest number that fits: high and low halves are added apart.
DROP VIEW snapshots;

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
    CASE
        WHEN count(l.id) = 0 THEN 0
        WHEN sum(l.bytes >> 32) + (sum(l.bytes & 4294967295) >> 32) > 2147483647 THEN 9223372036854775807
        WHEN sum(l.bytes >> 32) + (sum(l.bytes & 4294967295) >> 32) < -2147483648 THEN -9223372036854775807 - 1
        ELSE ((sum(l.bytes >> 32) + (sum(l.bytes & 4294967295) >> 32)) << 32) + (sum(l.bytes & 4294967295) & 4294967295)
    END AS bytes,
    s.id AS snapshot_id
FROM snapshot s
LEFT JOIN snapshot_listing sl ON sl.snapshot_id = s.id
LEFT JOIN listing l ON l.id = sl.listing_id
GROUP BY s.id;
