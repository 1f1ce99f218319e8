-- requires: 23.3
-- Dictionary columns, and blocks that are on the disk when an insert has been answered: the
-- position is stored behind the rows.

ALTER TABLE events MODIFY COLUMN command LowCardinality(String);

ALTER TABLE events MODIFY COLUMN reason LowCardinality(String);

ALTER TABLE events MODIFY COLUMN visibility LowCardinality(String);

ALTER TABLE events MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE refusals MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE ratings MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
