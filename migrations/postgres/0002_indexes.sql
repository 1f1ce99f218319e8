-- One index for every list: its filter first, then its order, so that a page is read and
-- nothing is sorted.

-- Current evenings by time, of a film, of a host.
CREATE INDEX announcements_by_time ON read_model.announcements (event_time, announcement_id);
CREATE INDEX announcements_alive_by_time ON read_model.announcements (event_time, announcement_id)
    WHERE status = 'Alive';
CREATE INDEX announcements_of_movie ON read_model.announcements (movie_id, event_time, announcement_id);
CREATE INDEX announcements_of_author ON read_model.announcements (author_id, event_time, announcement_id);
CREATE INDEX announcements_by_creation ON read_model.announcements (created, announcement_id);
CREATE INDEX announcements_by_tickets ON read_model.announcements (tickets_left, announcement_id);

-- Words of titles and places.
CREATE INDEX announcements_words ON read_model.announcements USING gin (words);
CREATE INDEX announcements_location ON read_model.announcements USING gin (location_words);

-- A guest's bookings, an author's, an evening's; and its line.
CREATE INDEX bookings_of_guest ON read_model.bookings (guest_id, created, booking_id);
CREATE INDEX bookings_of_author ON read_model.bookings (author_id, created, booking_id);
CREATE INDEX bookings_of_announcement ON read_model.bookings (announcement_id, created, booking_id);
CREATE INDEX bookings_in_line ON read_model.bookings (announcement_id, queued_seq) WHERE waiting;
