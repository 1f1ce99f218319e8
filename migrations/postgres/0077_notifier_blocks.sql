-- Whom people have blocked. Folded from the journal, as `people` is.

CREATE TABLE notifier.blocks (
    person_id   uuid NOT NULL,
    blocked_id  uuid NOT NULL,
    PRIMARY KEY (person_id, blocked_id)
);
