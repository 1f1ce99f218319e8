-- A restored outbox is older than the journal: what it plans up to this position may have been
-- sent before. Nothing goes until the notifier has read so far (notifier/restored).

ALTER TABLE notifier.reader_position ADD COLUMN restored_seq bigint NOT NULL DEFAULT 0;
