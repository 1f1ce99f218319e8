-- By it logs tell what caused the event; absent if the journal does not say, or whoever gave the
-- command was erased since.

ALTER TABLE read_model.dead_letters ADD COLUMN request_id text;
