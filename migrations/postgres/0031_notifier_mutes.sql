-- Whom people have muted, and who is shut out. Folded from the journal, as `people` is.

CREATE TABLE notifier.mutes (
    person_id   uuid NOT NULL,
    host_id     uuid NOT NULL,
    PRIMARY KEY (person_id, host_id)
);
CREATE TABLE notifier.suspensions (
    person_id   uuid PRIMARY KEY
);
