-- The links by which authors invite people whose ids they do not know. No table has a token: it
-- follows from the link's id and a secret of the cell.

CREATE TABLE read_model.invite_links (
    link_id         uuid PRIMARY KEY,
    announcement_id uuid NOT NULL,
    uses_max        integer,            -- Null: any number of times.
    expires_at      timestamptz,        -- Null: until the announcement begins.
    waives_approval boolean NOT NULL,
    used            integer NOT NULL,
    created         timestamptz NOT NULL,
    revoked_at      timestamptz
) WITH (fillfactor = 80);

CREATE INDEX invite_links_of_announcement ON read_model.invite_links (announcement_id);
