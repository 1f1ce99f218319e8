-- Streams (query_api/streams) find out what has changed by the position at which it did.
-- Bookings state theirs. An announcement's is computed here, because a booking event states how
-- many seats are taken whether or not that changes anything: whoever watches an evening must not
-- learn that somebody asked to come.

ALTER TABLE read_model.announcements
    -- Where it came to read as it does, or where a guest was confirmed or no longer was.
    ADD COLUMN changed_seq bigint NOT NULL DEFAULT 0,
    -- Where it ceased to be a draft: there its invitations were told.
    ADD COLUMN published_seq bigint NOT NULL DEFAULT 0;

ALTER TABLE read_model.posts ADD COLUMN changed_seq bigint NOT NULL DEFAULT 0;

CREATE INDEX announcements_by_change ON read_model.announcements (changed_seq);
CREATE INDEX bookings_by_change ON read_model.bookings (changed_seq);
CREATE INDEX posts_by_change ON read_model.posts (changed_seq);

-- The projector moves its position first in the transaction of its rows.
CREATE FUNCTION read_model.position_being_written() RETURNS bigint
    LANGUAGE sql STABLE
    RETURN coalesce(
        (SELECT seq FROM read_model.reader_position WHERE reader = 'projector'), 0);

CREATE FUNCTION read_model.note_announcement_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    otherwise_same read_model.announcements := NEW;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.changed_seq := read_model.position_being_written();
        NEW.published_seq := CASE WHEN NEW.status = 'Created' THEN 0 ELSE NEW.changed_seq END;
        RETURN NEW;
    END IF;
    -- What the database computes, here or after this trigger, and what nobody is shown.
    otherwise_same.ends_at := OLD.ends_at;
    otherwise_same.tickets_left := OLD.tickets_left;
    otherwise_same.words := OLD.words;
    otherwise_same.location_words := OLD.location_words;
    otherwise_same.author_rank := OLD.author_rank;
    otherwise_same.changed_seq := OLD.changed_seq;
    otherwise_same.published_seq := OLD.published_seq;
    IF otherwise_same *<> OLD THEN
        NEW.changed_seq := read_model.position_being_written();
        IF OLD.status = 'Created' AND NEW.status <> 'Created' THEN
            NEW.published_seq := NEW.changed_seq;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON read_model.announcements
    FOR EACH ROW EXECUTE FUNCTION read_model.note_announcement_change();

-- Everybody who sees an announcement is shown how many guests are confirmed. They are counted
-- from the bookings, so the announcement's own row does not say that they have changed.
CREATE FUNCTION read_model.note_guests_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    here bigint := read_model.position_being_written();
BEGIN
    UPDATE read_model.announcements SET changed_seq = here
    WHERE announcement_id = NEW.announcement_id AND changed_seq <> here;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_new_guest AFTER INSERT ON read_model.bookings
    FOR EACH ROW WHEN (NEW.state = 'confirmed')
    EXECUTE FUNCTION read_model.note_guests_change();
CREATE TRIGGER note_guests AFTER UPDATE ON read_model.bookings
    FOR EACH ROW WHEN ((OLD.state = 'confirmed') <> (NEW.state = 'confirmed'))
    EXECUTE FUNCTION read_model.note_guests_change();

CREATE FUNCTION read_model.note_post_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_seq := read_model.position_being_written();
    RETURN NEW;
END
$$;
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON read_model.posts
    FOR EACH ROW EXECUTE FUNCTION read_model.note_post_change();
