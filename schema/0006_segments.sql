-- What scans need of the images, by column: segment n has the images with the ids 128 n to 128 n + 127.
-- A scan of a million images reads this table instead of `image`, which is eight times as large. Everything
-- in it follows from `image`; `verify` compares the two. The layout is in src/store/segment/mod.rs.
CREATE TABLE segment (
    id      INTEGER PRIMARY KEY,
    columns BLOB NOT NULL
) STRICT;
