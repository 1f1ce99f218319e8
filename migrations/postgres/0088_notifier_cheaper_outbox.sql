-- Each notice is written three times: planned, taken, sent. An index on what is read out of
-- `facts` cost as much each time as all others together. The author is in `crowd`, ever since
-- notices stand in line by turns; the guest gets a column.

ALTER TABLE notifier.notices ADD COLUMN guest_id text;
UPDATE notifier.notices
SET crowd = coalesce(notifier.person_in(facts, 'author_id'), recipient::text),
    guest_id = notifier.person_in(facts, 'guest_id')
WHERE crowd IS DISTINCT FROM coalesce(notifier.person_in(facts, 'author_id'), recipient::text)
   OR notifier.person_in(facts, 'guest_id') IS NOT NULL;
ALTER TABLE notifier.notices ALTER COLUMN crowd SET NOT NULL;

-- An older notifier may still be running.
CREATE FUNCTION notifier.note_new() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.guest_id := notifier.person_in(NEW.facts, 'guest_id');
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    PERFORM pg_notify('noticed', '');
    RETURN NEW;
END
$$;
DROP TRIGGER note_new ON notifier.notices;
CREATE TRIGGER note_new BEFORE INSERT ON notifier.notices
    FOR EACH ROW EXECUTE FUNCTION notifier.note_new();

DROP INDEX notifier.notices_of_author;
DROP INDEX notifier.notices_of_guest;
CREATE INDEX notices_by_crowd ON notifier.notices (crowd, id);
CREATE INDEX notices_of_guest ON notifier.notices (guest_id, id) WHERE guest_id IS NOT NULL;

-- Sources are written with their notices and deleted before them, in one transaction. To check
-- each of them locked the row of its notice once more.
ALTER TABLE notifier.sources DROP CONSTRAINT sources_notice_id_fkey;
