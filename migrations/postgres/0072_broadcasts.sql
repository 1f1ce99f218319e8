-- What authors wrote to all guests in some states, or are going to
-- (projector/read_models/projections/broadcasts.py).

CREATE TABLE read_model.broadcasts (
    broadcast_id     uuid PRIMARY KEY,
    announcement_id  uuid NOT NULL,
    author_id        uuid NOT NULL,
    text             text NOT NULL,
    audience         text NOT NULL,      -- States of bookings, with commas between them.
    at               timestamptz,
    before_start_min integer,
    state            text NOT NULL,      -- planned, sent, cancelled
    reaches          integer,
    sent_at          timestamptz,
    created          timestamptz NOT NULL,
    modified         timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX broadcasts_of_announcement ON read_model.broadcasts (announcement_id, created);
CREATE INDEX broadcasts_by ON read_model.broadcasts (author_id, created);
