-- Notices to an erased person are deleted within seconds, perhaps before their last state was
-- copied for analysts. For a day this says how they ended, so that no copy goes on waiting. It has
-- no facts, and nobody but the notice's key tells whom it was to.

CREATE TABLE notifier.deleted_notices (
    id            bigint PRIMARY KEY,          -- That of the notice.
    key           text        NOT NULL,
    kind          text        NOT NULL,
    receipt       boolean     NOT NULL,
    happened_at   timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    sent_at       timestamptz,
    state         text        NOT NULL,
    reason        text,
    attempts      integer     NOT NULL,
    for_followers boolean     NOT NULL,
    deleted_at    timestamptz NOT NULL DEFAULT now(),
    changed_xid   bigint      NOT NULL DEFAULT pg_current_xact_id()::text::bigint
);
CREATE INDEX deleted_notices_by_change ON notifier.deleted_notices (changed_xid);

CREATE OR REPLACE VIEW notifier.notices_to_copy AS
SELECT n.changed_xid, n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id,
       n.receipt, n.happened_at, n.due_at, n.sent_at, n.state, n.reason, n.attempts,
       (SELECT min(s.seq) FROM notifier.sources s WHERE s.notice_id = n.id) AS seq,
       n.kind = 'announce_new' AND notifier.person_in(n.facts, 'author_id') IS NOT NULL
           AND notifier.person_in(n.facts, 'invited') IS NULL AS for_followers,
       false AS deleted
FROM notifier.notices n
UNION ALL
SELECT d.changed_xid, d.id, d.key, NULL, d.kind, NULL, NULL,
       d.receipt, d.happened_at, d.due_at, d.sent_at, d.state, d.reason, d.attempts,
       NULL, d.for_followers, true
FROM notifier.deleted_notices d;
