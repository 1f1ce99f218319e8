-- What the notifier knows and what it has told. `evenings`, `participations` and `people`
-- may be dropped and folded again from the journal; the rest is a record of its own
-- (what was sent is nowhere else) and is backed up, never rebuilt.

CREATE SCHEMA notifier;

CREATE TABLE notifier.reader_position (
    reader      text PRIMARY KEY,
    "offset"    bigint  NOT NULL,    -- Of the last accepted record; -1 before the first.
    term        bigint  NOT NULL,
    seq         bigint  NOT NULL,
    hash        text    NOT NULL,
    nonce       text    NOT NULL,
    open        boolean NOT NULL,
    -- Highest seq whose notices were ever written. Never goes down: whoever sets the
    -- position back has the state folded again, and nobody told again.
    told_seq    bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE notifier.people (
    person_id   uuid PRIMARY KEY,
    name        text NOT NULL,
    language    text NOT NULL,
    tz          text NOT NULL
);

CREATE TABLE notifier.evenings (
    announcement_id uuid PRIMARY KEY,
    state           json NOT NULL       -- notifier.world.Evening
) WITH (fillfactor = 80);

CREATE TABLE notifier.participations (
    booking_id      uuid PRIMARY KEY,
    announcement_id uuid    NOT NULL,
    guest_id        uuid    NOT NULL,
    author_status   boolean,
    guest_status    boolean,
    seated          boolean NOT NULL     -- Confirmed, or a seat is held.
) WITH (fillfactor = 80);
CREATE INDEX participations_of_evening ON notifier.participations (announcement_id);

-- The outbox: one row is one message to one person.
CREATE TABLE notifier.notices (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key             text    NOT NULL UNIQUE,
    recipient       uuid    NOT NULL,
    kind            text    NOT NULL,
    announcement_id uuid    NOT NULL,
    booking_id      uuid,
    receipt         boolean NOT NULL,    -- The recipient did it themselves.
    facts           json   NOT NULL,    -- What the text is made of.
    happened_at     timestamptz NOT NULL,
    event_time      timestamptz,         -- Reminders only: of the evening as planned.
    due_at          timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    state           text    NOT NULL DEFAULT 'waiting',
    -- waiting, sent; dropped (no longer true), skipped (not wanted, or too late),
    -- cancelled (by an operator), parked (could not be delivered).
    reason          text,
    attempts        integer NOT NULL DEFAULT 0,
    try_at          timestamptz NOT NULL, -- Not before; while being sent, when to give it up.
    sent_at         timestamptz
) WITH (fillfactor = 70);
CREATE INDEX notices_due ON notifier.notices (try_at, id) WHERE state = 'waiting';
CREATE INDEX notices_waiting_of ON notifier.notices (announcement_id, recipient, kind)
    WHERE state = 'waiting';
CREATE INDEX notices_of ON notifier.notices (recipient, id);

-- Which facts of the journal a notice tells of; several where edits were merged.
CREATE TABLE notifier.sources (
    seq         bigint  NOT NULL,
    event_index integer NOT NULL,        -- Within its Commit, from 0.
    recipient   uuid    NOT NULL,
    kind        text    NOT NULL,
    notice_id   bigint  NOT NULL REFERENCES notifier.notices (id),
    event_type  text    NOT NULL,
    PRIMARY KEY (seq, event_index, recipient, kind)
);
CREATE INDEX sources_of_notice ON notifier.sources (notice_id);

-- Messages to all followers of an author, until they are known and expanded.
CREATE TABLE notifier.fanouts (
    seq             bigint  NOT NULL,
    event_index     integer NOT NULL,
    author_id       uuid    NOT NULL,
    announcement_id uuid    NOT NULL,
    event_type      text    NOT NULL,
    facts           json   NOT NULL,
    happened_at     timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    state           text    NOT NULL DEFAULT 'waiting',  -- waiting, done, dropped, parked.
    reason          text,
    attempts        integer NOT NULL DEFAULT 0,
    try_at          timestamptz NOT NULL,
    PRIMARY KEY (seq, event_index)
);
CREATE INDEX fanouts_due ON notifier.fanouts (try_at) WHERE state = 'waiting';

CREATE TABLE notifier.links (
    announcement_id uuid PRIMARY KEY,
    short_link      text NOT NULL
);

CREATE TABLE notifier.preferences (
    person_id   uuid PRIMARY KEY,
    wishes      json NOT NULL           -- notifier.preferences.Preferences
);

-- Events that could not be told of, and all later ones of the same announcement.
CREATE TABLE notifier.dead_letters (
    seq         bigint  NOT NULL,
    event_index integer NOT NULL,
    type        text    NOT NULL,
    key         text,
    reason      text    NOT NULL,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (seq, event_index)
);
