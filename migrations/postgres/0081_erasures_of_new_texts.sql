-- The planner's statistics quote common values. They are to quote no texts of people. Posts are
-- searched within one chat, so the planner needs no common words of theirs.
ALTER TABLE read_model.posts
    ALTER COLUMN text SET STATISTICS 0,
    ALTER COLUMN words SET STATISTICS 0;
ALTER TABLE read_model.broadcasts ALTER COLUMN text SET STATISTICS 0;

-- An erasure finds a person's rows, also of plans that were given up.
DROP INDEX read_model.plans_of_person;
CREATE INDEX plans_of_person ON read_model.plans (person_id);
