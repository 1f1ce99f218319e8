-- Whom people have blocked. Rows stay when a block ends. Each is found from both sides.

CREATE TABLE read_model.blocks (
    block_id    text PRIMARY KEY,           -- person_id:blocked_id
    person_id   uuid NOT NULL,
    blocked_id  uuid NOT NULL,
    blocked     boolean NOT NULL,
    since       timestamptz NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX blocks_by_person ON read_model.blocks (person_id);
CREATE INDEX blocks_of_person ON read_model.blocks (blocked_id) WHERE blocked;

-- Whether the author shows the guests to nobody else.
ALTER TABLE read_model.announcements ADD COLUMN hide_guests boolean NOT NULL DEFAULT false;
