-- What people reported, and the texts that operators hid. A hidden text leaves its own row, too.

CREATE TABLE read_model.reports (
    report_id       uuid PRIMARY KEY,
    reporter_id     uuid NOT NULL,
    kind            text NOT NULL,
    subject_id      uuid NOT NULL,
    writer_id       uuid NOT NULL,
    announcement_id uuid,                   -- Null for a person.
    reason          text NOT NULL,
    created         timestamptz NOT NULL,
    answer          text,
    answered_at     timestamptz,
    hidden_at       timestamptz,
    signed_by       text                    -- How the operator signed the last change.
) WITH (fillfactor = 80);
CREATE INDEX reports_by_person ON read_model.reports (reporter_id, created);
CREATE INDEX reports_by_time ON read_model.reports (created, report_id);

CREATE TABLE read_model.hidden_texts (
    subject_id      uuid PRIMARY KEY,       -- Of the announcement, rating or post.
    kind            text NOT NULL,
    writer_id       uuid NOT NULL,
    announcement_id uuid NOT NULL,
    reason          text,
    signed_by       text,
    hidden_at       timestamptz NOT NULL,
    hidden_seq      bigint NOT NULL         -- What was written before is told to nobody.
) WITH (fillfactor = 90);
CREATE INDEX hidden_texts_by_writer ON read_model.hidden_texts (writer_id);

-- The planner's statistics quote common values. They are to quote no texts of people.
ALTER TABLE read_model.reports
    ALTER COLUMN reason SET STATISTICS 0,
    ALTER COLUMN answer SET STATISTICS 0;
ALTER TABLE read_model.hidden_texts ALTER COLUMN reason SET STATISTICS 0;
