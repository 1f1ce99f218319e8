-- An announcement of a series names one episode.

ALTER TABLE read_model.announcements
    ADD COLUMN season integer,
    ADD COLUMN episode integer;
