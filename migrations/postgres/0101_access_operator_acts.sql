-- What operators did to the tables, and what stood before and after: counts and names of ours, no
-- texts. Commands of operators are in the journal, and acts on notices beside the notices.
-- It is nowhere else, so a rebuild leaves it alone.

CREATE TABLE access.operator_acts (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    signed_by text,                   -- The operator; null if the token names nobody.
    act       text NOT NULL,
    subject   text NOT NULL,
    before    json,
    after     json
);
CREATE INDEX operator_acts_at ON access.operator_acts (at);
