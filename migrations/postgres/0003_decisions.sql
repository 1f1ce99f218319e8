-- Why: every recorded command with its outcome, refusals included.

CREATE TABLE read_model.decisions (
    seq             bigint PRIMARY KEY,
    decided_at      timestamptz NOT NULL,
    actor           text    NOT NULL,  -- A person's id, or `system`.
    kind            text    NOT NULL,
    code            text    NOT NULL,
    refused         boolean NOT NULL,
    announcement_id uuid,
    booking_id      uuid,
    facts           jsonb   NOT NULL
);

-- The Commit that last changed a booking, whosever command it answered.
ALTER TABLE read_model.bookings ADD COLUMN changed_seq bigint NOT NULL;
