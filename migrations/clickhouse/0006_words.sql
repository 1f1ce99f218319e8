-- What a person typed stands apart from the event, so that it can be emptied once the person is
-- erased. What an update replaced leaves the disk after a minute. The journal is delivered
-- again from its first record, which fills the new tables.

TRUNCATE TABLE IF EXISTS history_position;

DROP TABLE IF EXISTS events;

CREATE TABLE IF NOT EXISTS events (
    seq UInt64,
    event_index UInt32,
    at_ms Int64,
    day Date,
    type String,
    type_version UInt16,
    actor String,
    command String,
    announcement_id String,
    author_id String,
    person_id String,
    booking_id String,
    author_status Nullable(UInt8),
    guest_status Nullable(UInt8),
    taken Nullable(Int32),
    waiting UInt8,
    reason String,
    hold_until_ms Nullable(Int64),
    movie_id String,
    movie_title String,
    movie_title_ru String,
    duration_min Nullable(Int32),
    ticket_count Nullable(Int32),
    event_time_ms Nullable(Int64),
    visibility String,
    is_free Nullable(UInt8),
    payload String,
    words String,
    words_of String
) ENGINE = ReplacingMergeTree
PARTITION BY intDiv(seq, 10000000)
ORDER BY (type, seq, event_index)
SETTINGS old_parts_lifetime = 60;

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
ORDER BY (ratee_id, review_id, version, event_index)
SETTINGS old_parts_lifetime = 60;
