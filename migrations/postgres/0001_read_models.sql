-- The read models, in a schema of their own so that a rebuilt one can take its place in
-- one statement. Ids are uuid, instants timestamptz with millisecond precision.
--
-- Values are not checked here: what the journal says is a fact, and a table that refuses
-- one says less than the truth. `practix verify` proves the rules from the journal.

CREATE SCHEMA read_model;

-- Where each durable reader of the journal is; moved in the transaction of its rows.
CREATE TABLE read_model.reader_position (
    reader      text PRIMARY KEY,
    "offset"    bigint  NOT NULL,    -- Of the last accepted record; -1 before the first.
    term        bigint  NOT NULL,
    seq         bigint  NOT NULL,
    hash        text    NOT NULL,
    nonce       text    NOT NULL,
    open        boolean NOT NULL,
    decided_at  timestamptz          -- Log time there.
) WITH (fillfactor = 10);            -- One hot row: its versions stay on one page.

-- Events that could not be projected, and all later ones of the same key.
CREATE TABLE read_model.dead_letters (
    seq         bigint  NOT NULL,
    event_index integer NOT NULL,    -- Within its Commit, from 0.
    type        text    NOT NULL,
    key         text,                -- Announcement or person that stopped, where known.
    payload     text    NOT NULL,    -- As stored in the journal.
    reason      text    NOT NULL,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (seq, event_index)
);

CREATE TABLE read_model.people (
    person_id   uuid PRIMARY KEY,
    name        text NOT NULL,
    language    text NOT NULL,
    tz          text NOT NULL
);

CREATE TABLE read_model.announcements (
    announcement_id uuid PRIMARY KEY,
    author_id       uuid    NOT NULL,
    movie_id        uuid    NOT NULL,
    movie_title     text    NOT NULL,
    movie_title_ru  text    NOT NULL,
    duration_min    integer NOT NULL,
    title           text    NOT NULL,
    description     text    NOT NULL,
    status          text    NOT NULL,  -- Created, Alive, Closed, Done, Cancelled.
    closed_reason   text,
    cancel_reason   text,
    visibility      text    NOT NULL,  -- public, subscribers, invite.
    is_free         boolean NOT NULL,
    price_amount    double precision,
    price_currency  text,
    ticket_count    integer NOT NULL,
    taken           integer NOT NULL,  -- Confirmed plus held.
    tickets_left    integer GENERATED ALWAYS AS (ticket_count - taken) STORED,
    event_time      timestamptz NOT NULL,
    -- By way of UTC, where a minute is a minute: only that is immutable to PostgreSQL.
    ends_at         timestamptz GENERATED ALWAYS AS (
        (event_time AT TIME ZONE 'UTC' + duration_min * interval '1 minute') AT TIME ZONE 'UTC'
    ) STORED,
    tz              text,
    event_location  text    NOT NULL,
    hide_location   boolean NOT NULL,
    location_hint   text,
    version         integer NOT NULL,
    created         timestamptz NOT NULL,
    modified        timestamptz NOT NULL,
    -- What others may search: never a hidden address.
    location_words  tsvector GENERATED ALWAYS AS (to_tsvector('simple',
        CASE WHEN hide_location THEN coalesce(location_hint, '') ELSE event_location END)) STORED,
    words           tsvector GENERATED ALWAYS AS (to_tsvector('simple',
        title || ' ' || description || ' ' || movie_title || ' ' || movie_title_ru)) STORED
) WITH (fillfactor = 80);

CREATE TABLE read_model.bookings (
    booking_id      uuid PRIMARY KEY,
    announcement_id uuid    NOT NULL,
    author_id       uuid    NOT NULL,
    guest_id        uuid    NOT NULL,
    author_status   boolean,
    guest_status    boolean,
    state           text    NOT NULL,  -- contracts.booking_state.
    waiting         boolean NOT NULL,
    queued_seq      bigint,            -- Place in line: the journal's order of the requests.
    preapproved     boolean NOT NULL,
    hold_until      timestamptz,
    reason          text,
    message         text,
    created         timestamptz NOT NULL,
    modified        timestamptz NOT NULL,
    UNIQUE (announcement_id, guest_id)
) WITH (fillfactor = 80);
