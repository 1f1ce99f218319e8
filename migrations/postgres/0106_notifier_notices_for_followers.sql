-- Analysts see whom a notice went to only if it told followers of a new announcement: who else
-- was told, and who was not, follows from the events (projector/analysts/copying/notices.py).

CREATE OR REPLACE VIEW notifier.notices_to_copy AS
SELECT n.changed_xid, n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id,
       n.receipt, n.happened_at, n.due_at, n.sent_at, n.state, n.reason, n.attempts,
       (SELECT min(s.seq) FROM notifier.sources s WHERE s.notice_id = n.id) AS seq,
       n.kind = 'announce_new' AND notifier.person_in(n.facts, 'author_id') IS NOT NULL
           AND notifier.person_in(n.facts, 'invited') IS NULL AS for_followers
FROM notifier.notices n;
