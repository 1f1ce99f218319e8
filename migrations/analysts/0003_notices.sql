-- Notices and clicks, which are no events: they are copied from the notifier's tables
-- (projector/analysts/copying), and nothing that follows the journal fills or drops them.

CREATE TABLE IF NOT EXISTS notices (
    notice_id String,
    version UInt64,
    seq UInt64,
    kind String,
    recipient_id String,
    announcement_id String,
    booking_id String,
    receipt UInt8,
    at_ms Int64,
    day Date,
    due_at_ms Int64,
    sent_at_ms Int64,
    state String,
    reason String,
    attempts UInt32
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (kind, notice_id);

CREATE TABLE IF NOT EXISTS clicks (
    click_id UInt64,
    announcement_id String,
    at_ms Int64,
    day Date
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (announcement_id, click_id);

-- How far each source is copied.
CREATE TABLE IF NOT EXISTS copied (
    source String,
    version UInt64,
    epoch String,
    changed_xid UInt64,
    id UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY source;

CREATE VIEW IF NOT EXISTS current_notices AS
SELECT
    notice_id,
    max(kind) AS notice_kind,
    max(seq) AS event_seq,
    max(recipient_id) AS recipient,
    max(announcement_id) AS evening_id,
    max(booking_id) AS booking,
    argMax(at_ms, version) AS happened_at_ms,
    argMax(due_at_ms, version) AS planned_at_ms,
    argMax(sent_at_ms, version) AS told_at_ms,
    argMax(state, version) AS current_state,
    argMax(reason, version) AS current_reason,
    argMax(attempts, version) AS tried
FROM notices
GROUP BY notice_id;
