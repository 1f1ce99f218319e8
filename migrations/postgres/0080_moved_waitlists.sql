-- Who waits is told by a stream that their place has moved. The booking's own row does not say so:
-- a place is counted from those ahead. At most 500 wait for one announcement.

ALTER TABLE read_model.bookings
    -- Where somebody ahead last left the waitlist.
    ADD COLUMN moved_seq bigint NOT NULL DEFAULT 0;

CREATE INDEX bookings_by_move ON read_model.bookings (moved_seq) WHERE waiting;

CREATE FUNCTION read_model.note_moved_waitlist() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE read_model.bookings SET moved_seq = read_model.position_being_written()
    WHERE announcement_id = OLD.announcement_id AND waiting AND queued_seq > OLD.queued_seq;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_moved_waitlist AFTER UPDATE ON read_model.bookings
    FOR EACH ROW WHEN (OLD.waiting AND NEW.queued_seq IS DISTINCT FROM OLD.queued_seq)
    EXECUTE FUNCTION read_model.note_moved_waitlist();
