-- requires: 23.3
-- As 0002 for the table that 0003 made anew: on the disk before the position is.

ALTER TABLE ratings MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
