-- Ratings in the order of who is rated, so that a rating page reads the rows of one person
-- and not all there are; and with their tags. The journal is delivered again from its first
-- record, which fills the new table; until it has been, the position says how far that is.

TRUNCATE TABLE IF EXISTS history_position;

DROP TABLE IF EXISTS ratings;

CREATE TABLE IF NOT EXISTS ratings (
    review_id String,
    version UInt64,
    event_index UInt32,
    at_ms Int64,
    day Date,
    type String,
    announcement_id String,
    rater_id String,
    ratee_id String,
    role String,
    score Nullable(Int32),
    revealed UInt8,
    retracted UInt8,
    tags String
) ENGINE = ReplacingMergeTree
ORDER BY (ratee_id, review_id, version, event_index);
