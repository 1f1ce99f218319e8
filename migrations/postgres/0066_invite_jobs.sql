-- How far the inviting of all followers to an announcement is.

CREATE TABLE read_model.invite_jobs (
    job_id          uuid PRIMARY KEY,
    announcement_id uuid NOT NULL,
    state           text NOT NULL,
    invited         integer NOT NULL,
    already_invited integer NOT NULL,
    refused         integer NOT NULL,
    left_over       integer NOT NULL,
    created         timestamptz NOT NULL,
    modified        timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX invite_jobs_of_announcement ON read_model.invite_jobs (announcement_id);
