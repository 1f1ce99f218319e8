-- Whether a writer lets their name stand under a review, and the host's one reply to it.

ALTER TABLE read_model.ratings
    ADD COLUMN signed     boolean NOT NULL DEFAULT false,
    ADD COLUMN reply      text,
    ADD COLUMN replied_at timestamptz;

-- The planner's statistics quote common values. They are to quote no texts of people.
ALTER TABLE read_model.ratings ALTER COLUMN reply SET STATISTICS 0;

-- Reviews of a host, and what an erasure of a host has to find.
DROP INDEX read_model.ratings_of_ratee;
CREATE INDEX ratings_of_ratee ON read_model.ratings (ratee_id);
