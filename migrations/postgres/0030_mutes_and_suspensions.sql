-- Whom a person has muted, and who is shut out. Rows stay when a mute or a suspension ends.

CREATE TABLE read_model.mutes (
    mute_id     text PRIMARY KEY,           -- person_id:host_id
    person_id   uuid NOT NULL,
    host_id     uuid NOT NULL,
    muted       boolean NOT NULL,
    since       timestamptz NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX mutes_of_person ON read_model.mutes (person_id) WHERE muted;

CREATE TABLE read_model.suspensions (
    person_id   uuid PRIMARY KEY,
    suspended   boolean NOT NULL,
    reason      text,
    signed_by   text,                       -- How the operator signed the last change.
    since       timestamptz NOT NULL
) WITH (fillfactor = 90);
