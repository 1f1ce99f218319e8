-- requires: 23.3
-- What old servers do not have: column codecs, dictionary columns, skipping indexes, and
-- blocks that are on the disk when an insert has been answered.

ALTER TABLE events MODIFY COLUMN payload String CODEC(ZSTD(3));

ALTER TABLE events MODIFY COLUMN command LowCardinality(String);

ALTER TABLE events MODIFY COLUMN reason LowCardinality(String);

ALTER TABLE events MODIFY COLUMN visibility LowCardinality(String);

ALTER TABLE events ADD INDEX IF NOT EXISTS by_announcement announcement_id TYPE bloom_filter GRANULARITY 4;

ALTER TABLE events ADD INDEX IF NOT EXISTS by_booking booking_id TYPE bloom_filter GRANULARITY 4;

ALTER TABLE refusals MODIFY COLUMN facts String CODEC(ZSTD(3));

-- The position is stored behind the rows; after a power cut the rows must not be the ones missing.
ALTER TABLE events MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE refusals MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE ratings MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
