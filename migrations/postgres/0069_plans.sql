-- Which films people want to see, when and where; when they are free; their calendar feeds.
-- Only the person reads these rows, and they go with the person.

CREATE TABLE read_model.plans (
    plan_id         text PRIMARY KEY,           -- person_id:movie_id
    person_id       uuid NOT NULL,
    movie_id        uuid NOT NULL,
    movie_title     text NOT NULL,
    movie_title_ru  text NOT NULL,
    duration_min    integer NOT NULL,
    times           text NOT NULL,              -- JSON arrays of texts (contracts/plans).
    places          text NOT NULL,
    planned         boolean NOT NULL,           -- Rows stay when a plan is given up.
    modified        timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX plans_of_person ON read_model.plans (person_id) WHERE planned;

CREATE TABLE read_model.free_times (
    person_id       uuid PRIMARY KEY,
    tz              text NOT NULL,
    times           text NOT NULL,
    modified        timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE read_model.feeds (
    feed_id         uuid PRIMARY KEY,           -- Of the first feed: the person's id.
    person_id       uuid NOT NULL,
    name            text,
    created         timestamptz NOT NULL,
    revoked_seq     bigint                      -- Where it was revoked last.
) WITH (fillfactor = 80);
CREATE INDEX feeds_of_person ON read_model.feeds (person_id);

-- The planner's statistics quote common values. They are to quote no texts of people.
ALTER TABLE read_model.plans ALTER COLUMN times SET STATISTICS 0;
ALTER TABLE read_model.plans ALTER COLUMN places SET STATISTICS 0;
ALTER TABLE read_model.free_times ALTER COLUMN times SET STATISTICS 0;
ALTER TABLE read_model.feeds ALTER COLUMN name SET STATISTICS 0;
