-- requires: 23.3
-- As 0002 and 0004 for the tables that 0006 made anew.

ALTER TABLE events MODIFY COLUMN payload String CODEC(ZSTD(3));

ALTER TABLE events MODIFY COLUMN words String CODEC(ZSTD(3));

ALTER TABLE events MODIFY COLUMN command LowCardinality(String);

ALTER TABLE events MODIFY COLUMN reason LowCardinality(String);

ALTER TABLE events MODIFY COLUMN visibility LowCardinality(String);

ALTER TABLE events ADD INDEX IF NOT EXISTS by_announcement announcement_id TYPE bloom_filter GRANULARITY 4;

ALTER TABLE events ADD INDEX IF NOT EXISTS by_booking booking_id TYPE bloom_filter GRANULARITY 4;

ALTER TABLE events MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE ratings MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
