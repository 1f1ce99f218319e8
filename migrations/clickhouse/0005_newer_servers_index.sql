-- requires: 23.3
-- The index of 0002 over the parts that were there before it.

ALTER TABLE events MATERIALIZE INDEX by_announcement;

ALTER TABLE events MATERIALIZE INDEX by_booking;
