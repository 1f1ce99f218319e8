-- Who asked the history, when, what for and what: each use of the investigators' token. It is
-- nowhere else, so a rebuild leaves this schema alone, and applying the file again does no harm.

CREATE SCHEMA IF NOT EXISTS access;

CREATE TABLE IF NOT EXISTS access.uses_of_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    signed_by   text        NOT NULL,   -- How the investigator signed: the token says no name.
    why         text        NOT NULL,
    sql         text        NOT NULL
);
