-- What the sides of an evening said of each other, and the scores that follow from it.

CREATE TABLE read_model.ratings (
    review_id       uuid PRIMARY KEY,
    announcement_id uuid    NOT NULL,
    rater_id        uuid    NOT NULL,
    ratee_id        uuid    NOT NULL,
    role            text    NOT NULL,  -- As what `ratee_id` is rated: host, guest.
    score           integer NOT NULL,
    text            text,
    tags            text    NOT NULL,  -- A JSON array.
    sealed_until    timestamptz NOT NULL,
    revealed_at     timestamptz,       -- Null while sealed: then only the rater may know of it.
    retracted       boolean NOT NULL,
    created         timestamptz NOT NULL,
    modified        timestamptz NOT NULL,
    UNIQUE (announcement_id, rater_id, ratee_id)
) WITH (fillfactor = 80);

CREATE INDEX ratings_of_ratee ON read_model.ratings (ratee_id) WHERE revealed_at IS NOT NULL;

-- Of everybody of whom a rating was ever revealed; by contracts.scoring. 0 where all of a
-- role's were retracted.
CREATE TABLE read_model.scores (
    person_id            uuid PRIMARY KEY,
    host_rating          double precision NOT NULL,  -- Shown.
    host_rank            double precision NOT NULL,  -- Orders: the lower bound.
    host_rating_count    integer NOT NULL,
    guest_rating         double precision NOT NULL,
    guest_rank           double precision NOT NULL,
    guest_rating_count   integer NOT NULL,
    overall_rating       double precision NOT NULL,
    overall_rank         double precision NOT NULL,
    overall_rating_count integer NOT NULL
) WITH (fillfactor = 80);

-- The constants that the rows of `scores` were computed with.
CREATE TABLE read_model.score_formula (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    formula  jsonb NOT NULL
);
