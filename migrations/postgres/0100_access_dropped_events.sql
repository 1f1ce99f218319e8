-- Events that operators have dropped: no projection ever takes them, also none that begins anew.
-- This follows from no journal, so a rebuild leaves it alone.

CREATE TABLE access.dropped_events (
    seq         bigint      NOT NULL,
    event_index integer     NOT NULL,   -- Within its Commit, from 0; -1 for the Commit's outcome.
    type        text        NOT NULL,
    key         text,
    at          timestamptz NOT NULL,
    signed_by   text,                   -- The operator.
    PRIMARY KEY (seq, event_index)
);
