-- requires: 24.3
-- An idle engine looks for replaced files ever more rarely, five minutes apart in the end. What an
-- erasure replaced is to leave the disk soon after its minute.

ALTER TABLE events MODIFY SETTING cleanup_delay_period = 5, max_cleanup_delay_period = 10, cleanup_delay_period_random_add = 1;

ALTER TABLE ratings MODIFY SETTING cleanup_delay_period = 5, max_cleanup_delay_period = 10, cleanup_delay_period_random_add = 1;
