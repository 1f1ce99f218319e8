-- Clicks on short links, as Url_shortner tells them (notifier/clicks). A click names an
-- announcement and a moment, and nobody.

CREATE TABLE notifier.clicks (
    id              bigint PRIMARY KEY,     -- Url_shortner's.
    announcement_id uuid        NOT NULL,
    clicked_at      timestamptz NOT NULL,
    changed_xid     bigint      NOT NULL DEFAULT pg_current_xact_id()::text::bigint
);
CREATE INDEX clicks_by_change ON notifier.clicks (changed_xid);
CREATE INDEX clicks_by_age ON notifier.clicks (clicked_at);

-- Id of the last click that was asked for, also if it led to no announcement.
CREATE TABLE notifier.clicks_position (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    after           bigint NOT NULL DEFAULT 0
);
INSERT INTO notifier.clicks_position DEFAULT VALUES;

-- Names this copy of the tables. A restored one gets another name (notifier/restored), so that
-- whoever copies from it begins anew.
CREATE TABLE notifier.outbox_epoch (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch           uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO notifier.outbox_epoch DEFAULT VALUES;

-- What the projector copies into the analysts' database: no texts and no facts, of which a row
-- may have somebody's words. Of kinds that concern nobody but their recipient it gets neither
-- person nor announcement (projector/analysts/copying).
CREATE VIEW notifier.notices_to_copy AS
SELECT n.changed_xid, n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id,
       n.receipt, n.happened_at, n.due_at, n.sent_at, n.state, n.reason, n.attempts,
       (SELECT min(s.seq) FROM notifier.sources s WHERE s.notice_id = n.id) AS seq
FROM notifier.notices n;

CREATE VIEW notifier.clicks_to_copy AS
SELECT changed_xid, id, announcement_id, clicked_at FROM notifier.clicks;

CREATE VIEW notifier.epoch_to_copy AS SELECT epoch FROM notifier.outbox_epoch;
