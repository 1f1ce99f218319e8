-- People whose name had a NUL in it were set aside for good: PostgreSQL cannot hold one. It is
-- now left out (`contracts.text.storable`). What was set aside of them is put in place, in its
-- order, as the projection does it now.

INSERT INTO read_model.people (person_id, name, language, tz)
SELECT DISTINCT ON (key)
    key::uuid,
    event ->> 'name',
    coalesce(event ->> 'language', 'ru'),
    coalesce(event ->> 'tz', 'Europe/Moscow')
FROM (
    SELECT key, seq, event_index, regexp_replace(payload, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb AS event
    FROM read_model.dead_letters
    WHERE type = 'person.seen.v1' AND key IN (
        SELECT key FROM read_model.dead_letters
        WHERE type = 'person.seen.v1' AND payload LIKE '%\\u0000%')
) AS parked
ORDER BY key, seq DESC, event_index DESC
ON CONFLICT (person_id) DO UPDATE
SET name = excluded.name, language = excluded.language, tz = excluded.tz;

DELETE FROM read_model.dead_letters
WHERE type = 'person.seen.v1' AND key IN (
    SELECT key FROM read_model.dead_letters
    WHERE type = 'person.seen.v1' AND payload LIKE '%\\u0000%');
