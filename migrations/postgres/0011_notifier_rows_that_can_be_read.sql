-- An operator could put a message off until its end was in a year that no process can read.
-- Such a row ends a century after it began, and no other can be written.

UPDATE notifier.notices SET expires_at = happened_at + interval '100 years'
WHERE expires_at >= '10000-01-01T00:00:00Z';
UPDATE notifier.fanouts SET expires_at = happened_at + interval '100 years'
WHERE expires_at >= '10000-01-01T00:00:00Z';

ALTER TABLE notifier.notices
    ADD CONSTRAINT notices_end_is_readable CHECK (expires_at < '10000-01-01T00:00:00Z');
ALTER TABLE notifier.fanouts
    ADD CONSTRAINT fanouts_end_is_readable CHECK (expires_at < '10000-01-01T00:00:00Z');

-- Reasons are codes; the text of an exception is for the log.
UPDATE notifier.notices SET reason = 'internal_error'
WHERE state = 'parked' AND reason ~ '^[A-Za-z_]+\(.*\)$';
