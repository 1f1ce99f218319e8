-- Operators approve notices of some kinds before they go, and all that they do is kept
-- (notifier/store/moderation.py).

-- One that waits for an approval is tried at its end only, when it is too late.
ALTER TABLE notifier.notices ADD COLUMN unapproved boolean NOT NULL DEFAULT false;
CREATE INDEX notices_unapproved ON notifier.notices (id) WHERE state = 'waiting' AND unapproved;

CREATE TABLE notifier.moderation (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    signed_by   text,                -- How the operator signs; the token belongs to no person.
    act         text NOT NULL,       -- created, rescheduled, cancelled, approved
    notice_id   bigint,              -- Of the notice, or
    position    bigint,              -- of the fan-out that the act was about.
    event_index integer,
    before      json,                -- State, reason, times and approval; no words.
    after       json NOT NULL
);
CREATE INDEX moderation_of_notice ON notifier.moderation (notice_id, id);
