-- Questions that analysts saved for each other. They are nowhere else, so a rebuild leaves this
-- schema alone, and applying the file again does no harm.

CREATE TABLE IF NOT EXISTS access.saved_questions (
    name        text        PRIMARY KEY,
    title       text        NOT NULL,
    description text        NOT NULL,
    sql         text        NOT NULL,
    parameters  jsonb       NOT NULL,   -- Each with name, kind and default.
    plot        jsonb,
    saved_at    timestamptz NOT NULL
);
