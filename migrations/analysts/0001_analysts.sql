-- The database that analysts read: what happened, when and to how many, without anybody's words
-- and with pseudonyms in place of all ids. docs/analysts.md explains the columns.
--
-- A table replaces rows of equal key, so a block that is written twice changes nothing. Until
-- parts are merged both copies can be seen: count with uniqExact over the key, or read FINAL.
-- Partitions are months, so that what is too old is dropped as a whole.

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
    tz String,
    visibility String,
    is_free Nullable(UInt8),
    price_amount Nullable(Float64),
    price_currency String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (type, seq, event_index);

CREATE TABLE IF NOT EXISTS refusals (
    seq UInt64,
    part UInt32,
    at_ms Int64,
    day Date,
    code String,
    actor String,
    command String,
    announcement_id String,
    booking_id String,
    person_id String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (code, seq, part);

-- Only ratings that were revealed: one row when that happened, one if it was taken back later.
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
    no_show UInt8,
    given_at_ms Int64,
    revealed UInt8,
    retracted UInt8
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (ratee_id, review_id, version, event_index);

-- How far the tables follow the journal. The reader's name has the key of the pseudonyms.
CREATE TABLE IF NOT EXISTS history_position (
    reader String,
    seq UInt64,
    log_offset Int64,
    term UInt64,
    hash String,
    nonce String,
    open UInt8
) ENGINE = ReplacingMergeTree(seq)
ORDER BY reader;

CREATE VIEW IF NOT EXISTS evenings AS
SELECT
    announcement_id,
    max(author_id) AS host_id,
    max(movie_id) AS film_id,
    max(movie_title) AS film,
    max(movie_title_ru) AS film_ru,
    max(duration_min) AS minutes,
    argMax(ticket_count, seq) AS seats,
    argMax(event_time_ms, seq) AS starts_at_ms,
    min(at_ms) AS created_at_ms,
    minIf(at_ms, type = 'announcement.published') AS published_at_ms,
    max(type = 'announcement.published') AS published,
    max(type = 'announcement.cancelled') AS cancelled,
    max(type = 'announcement.done') AS done
FROM events
WHERE type IN ('announcement.created', 'announcement.published', 'announcement.changed',
               'announcement.cancelled', 'announcement.done')
GROUP BY announcement_id;

CREATE VIEW IF NOT EXISTS current_ratings AS
SELECT
    review_id,
    max(announcement_id) AS evening_id,
    max(rater_id) AS rater,
    max(ratee_id) AS ratee,
    max(role) AS ratee_role,
    argMax(score, version) AS current_score,
    max(given_at_ms) AS first_given_at_ms,
    toDate(toUInt16(intDiv(max(given_at_ms), 86400000))) AS given_day,
    max(revealed) AS is_revealed,
    max(retracted) AS is_retracted
FROM ratings
GROUP BY review_id;
