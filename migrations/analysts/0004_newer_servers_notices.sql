-- requires: 23.3
-- As 0002: blocks are on the disk when an insert has been answered.

ALTER TABLE notices MODIFY COLUMN kind LowCardinality(String);

ALTER TABLE notices MODIFY COLUMN state LowCardinality(String);

ALTER TABLE notices MODIFY COLUMN reason LowCardinality(String);

ALTER TABLE notices MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE clicks MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
