-- People whose data is erased. Their texts are taken from what waits and from what was sent
-- (notifier/eraser.py), and Notification is asked to show them no longer.

-- A notice about a person's own data concerns no announcement.
ALTER TABLE notifier.notices ALTER COLUMN announcement_id DROP NOT NULL;

-- Erased, and not seen since: nobody is told anything under this id.
ALTER TABLE notifier.people ADD COLUMN erased boolean NOT NULL DEFAULT false;

-- Erasures that were asked for. Folded from the journal, as `people` is.
CREATE TABLE notifier.erasure_requests (
    person_id   uuid PRIMARY KEY,
    erase_at    timestamptz NOT NULL
);

-- Erasures that are not carried out yet.
CREATE TABLE notifier.erasures (
    person_id       uuid PRIMARY KEY,
    seq             bigint  NOT NULL,           -- Of `person.erased`.
    erased_at       timestamptz NOT NULL,
    notices_up_to   bigint  NOT NULL,           -- The last notice that was there then.
    erased_up_to    bigint  NOT NULL DEFAULT 0, -- Notices up to here have no text any more.
    state           text    NOT NULL DEFAULT 'notices',
    -- notices: in our tables; inbox: at Notification; traces: old rows on the disk.
    attempts        integer NOT NULL DEFAULT 0,
    try_at          timestamptz NOT NULL
);
CREATE INDEX erasures_due ON notifier.erasures (state, try_at);

-- Notices that may have arrived at Notification, which is to show them without the texts.
CREATE TABLE notifier.retractions (
    key             text PRIMARY KEY,
    version         integer NOT NULL DEFAULT 1, -- Grows if another person in it is erased.
    attempts        integer NOT NULL DEFAULT 0,
    try_at          timestamptz NOT NULL
);
CREATE INDEX retractions_due ON notifier.retractions (try_at, key);

-- `->>` refuses JSON that has a NUL in any text, which earlier versions recorded: a space takes
-- its place.
CREATE FUNCTION notifier.person_in(facts json, field text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT replace(facts::text, '\u0000', '\u0020')::json->>field $$;

-- An erasure finds a person's rows.
CREATE INDEX evenings_of_author ON notifier.evenings (notifier.person_in(state, 'author_id'));
CREATE INDEX notices_of_author ON notifier.notices (notifier.person_in(facts, 'author_id'), id);
CREATE INDEX notices_of_guest ON notifier.notices (notifier.person_in(facts, 'guest_id'), id)
    WHERE notifier.person_in(facts, 'guest_id') IS NOT NULL;
CREATE INDEX fanouts_by_author ON notifier.fanouts (author_id);

-- Reasons say where a mistake was made, and no longer quote what it was made of.
UPDATE notifier.dead_letters SET reason = substring(reason from '^[A-Za-z_]*')
WHERE reason <> 'an earlier event of this announcement was parked';

-- The planner's statistics quote common values. They are to quote no texts of people.
-- To state the type again drops what the planner has collected so far.
ALTER TABLE notifier.people ALTER COLUMN name TYPE text;
ALTER TABLE notifier.people ALTER COLUMN name SET STATISTICS 0;
ALTER TABLE notifier.evenings ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE notifier.notices ALTER COLUMN facts SET STATISTICS 0;
ALTER TABLE notifier.fanouts ALTER COLUMN facts SET STATISTICS 0;
