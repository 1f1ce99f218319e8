-- Words are found by their beginnings. PostgreSQL's parser takes what looks like a host, a
-- path, a mail address, a fraction or a signed number for one word, and nobody looks for
-- "kino.ru/zal" by its beginning only: so all punctuation parts words. "Ёлки" and "елки" are
-- the same word, however the letter is composed. `query_api.filters` does so to what is asked.

CREATE FUNCTION read_model.search_words(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector('simple', translate(
        normalize(said, NFC),
        $$Ёё!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$$,
        'Ее' || repeat(' ', 32)));

-- Both indexes go with their columns. The table is written anew, once.
ALTER TABLE read_model.announcements
    DROP COLUMN location_words,
    DROP COLUMN words,
    -- What others may search: never a hidden address.
    ADD COLUMN location_words tsvector GENERATED ALWAYS AS (read_model.search_words(
        CASE WHEN hide_location THEN coalesce(location_hint, '') ELSE event_location END)) STORED,
    ADD COLUMN words tsvector GENERATED ALWAYS AS (read_model.search_words(
        title || ' ' || description || ' ' || movie_title || ' ' || movie_title_ru)) STORED;

CREATE INDEX announcements_words ON read_model.announcements USING gin (words);
CREATE INDEX announcements_location ON read_model.announcements USING gin (location_words);

-- Without knowing how common a word is, the planner takes the wrong index.
ANALYZE read_model.announcements;
