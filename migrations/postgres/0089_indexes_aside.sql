-- While empty tables are filled from a long journal, the projector sets indexes aside that it does
-- not need itself (runtime/postgres/indexes.py). A row is an index that has to be made again.
CREATE TABLE read_model.indexes_aside (
    name text PRIMARY KEY,
    definition text NOT NULL
);
