-- Every list names its statuses and reads each of them by itself, in the order asked for: so
-- the status comes first. Walking a common order and dropping other statuses on the way
-- meant to pass through all of history before the first evening to come.

DROP INDEX read_model.announcements_by_time;
DROP INDEX read_model.announcements_alive_by_time;
DROP INDEX read_model.announcements_by_creation;
DROP INDEX read_model.announcements_by_tickets;
DROP INDEX read_model.announcements_of_movie;

CREATE INDEX announcements_by_time ON read_model.announcements (status, event_time, announcement_id);
CREATE INDEX announcements_by_creation ON read_model.announcements (status, created, announcement_id);
CREATE INDEX announcements_by_tickets ON read_model.announcements (status, tickets_left, announcement_id);
CREATE INDEX announcements_of_movie ON read_model.announcements (movie_id, status, event_time, announcement_id);
