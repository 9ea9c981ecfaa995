-- What scans need of the images, by column: segment n has the images with the ids 64 n to 64 n + 63.
-- A scan of a million images reads this table instead of `image`, which is five times as large. Everything
-- in it follows from `image`; `verify` compares the two. The layout is in src/store/segment/mod.rs.
CREATE TABLE segment (
    id      INTEGER PRIMARY KEY,
    columns BLOB NOT NULL
) STRICT;
