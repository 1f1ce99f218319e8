-- Streams tell people of their notices. Several transactions write notices at once, so no
-- number that they draw says in which order they end. Each row has the transaction that last
-- changed what its recipient is told of it. Whatever is older than the oldest transaction still
-- running is complete, and no older one can appear any more (query_api/streams/changes.py).

ALTER TABLE notifier.notices ADD COLUMN changed_xid bigint NOT NULL DEFAULT 0;
CREATE INDEX notices_by_change ON notifier.notices (changed_xid);

CREATE FUNCTION notifier.note_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    PERFORM pg_notify('noticed', '');
    RETURN NEW;
END
$$;
CREATE TRIGGER note_new BEFORE INSERT ON notifier.notices
    FOR EACH ROW EXECUTE FUNCTION notifier.note_change();
-- Not each attempt and each lease.
CREATE TRIGGER note_change BEFORE UPDATE ON notifier.notices
    FOR EACH ROW WHEN (
        (OLD.state, OLD.due_at, OLD.sent_at) IS DISTINCT FROM (NEW.state, NEW.due_at, NEW.sent_at))
    EXECUTE FUNCTION notifier.note_change();

CREATE OR REPLACE VIEW notifier.own_notices AS
SELECT n.recipient AS person_id, n.id, n.kind, n.announcement_id, n.booking_id, n.receipt,
       n.happened_at, n.due_at, n.state, n.reason, n.attempts, n.sent_at,
       n.key, n.event_time, n.changed_xid,
       (SELECT json_agg(json_build_object('position', s.seq, 'event_index', s.event_index,
                                          'event_type', s.event_type)
                        ORDER BY s.seq, s.event_index)
        FROM notifier.sources s WHERE s.notice_id = n.id) AS sources
FROM notifier.notices n;
