-- Whether an announcement was ever published. A draft is in nobody's schedule, also once it is
-- cancelled. Of a cancelled one the row does not say it: it was a draft if its start passed, or
-- if nothing but its creation came before. A draft that was changed first is taken for a
-- published one until the read models are rebuilt.

ALTER TABLE read_model.announcements ADD COLUMN published boolean NOT NULL DEFAULT false;

UPDATE read_model.announcements
SET published = status <> 'Cancelled' OR (version > 2 AND cancel_reason IS DISTINCT FROM 'draft_expired')
WHERE status <> 'Created';
