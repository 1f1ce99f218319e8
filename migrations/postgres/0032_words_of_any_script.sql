-- Words of any script are found. PostgreSQL's parser ends a word at a combining mark or a
-- joiner: "за́мок" became two words, and "हिन्दी" four. So words are cut here, for what is
-- stored and for what is asked alike, and the parser is left out. A word is whatever stands
-- between blanks, punctuation and symbols. Stress marks on letters without a composed form,
-- joiners and other widthless characters do not count; case does not, nor "ё" and "е".

CREATE FUNCTION read_model.words_of(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(
        -- A lexeme has 2046 bytes at most, and nobody looks for more of a word than this.
        SELECT DISTINCT left(word, 100)
        FROM regexp_split_to_table(
            regexp_replace(
                lower(translate(normalize(said, NFC), 'Ёё', 'Ее')),
                '[\u0300-\u036f\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]',
                '', 'g'),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8'
            '\u00bb\u00bf\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u037e\u0387\u055a-\u055f\u0589\u058a'
            '\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0609-\u060d\u061b-\u061f\u066a-\u066d\u06d4'
            '\u0700-\u070f\u0964\u0965\u0970\u0e4f\u0e5a\u0e5b\u104a-\u104f\u10fb\u1360-\u1368'
            '\u1680\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a\u2000-\u206f\u207a-\u207e\u208a-\u208e'
            '\u20a0-\u20cf\u2190-\u245f\u249c-\u24e9\u2500-\u2775\u2794-\u2bff\u2e00-\u2e2e'
            '\u2e30-\u3004\u3008-\u3020\u3030\u303d-\u303f\u30a0\u30fb\ue000-\uf8ff\ufd3e-\ufd4f'
            '\ufdfc-\ufdff\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40'
            '\uff5b-\uff65\uffe0-\ufffd\U0001f000-\U0001faff]+') AS word
        WHERE word <> '');

CREATE FUNCTION read_model.word_vector(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(read_model.words_of(said));

-- Every word asked for, as the beginning of one. NULL, which finds nothing, without any.
CREATE FUNCTION read_model.word_query(asked text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT string_agg(quote_literal(word) || ':*', ' & ')::tsquery
        FROM unnest(read_model.words_of(asked)) AS word);

-- Both indexes go with their columns. The table is written anew, once.
ALTER TABLE read_model.announcements
    DROP COLUMN location_words,
    DROP COLUMN words,
    -- What others may search: never a hidden address.
    ADD COLUMN location_words tsvector GENERATED ALWAYS AS (read_model.word_vector(
        CASE WHEN hide_location THEN coalesce(location_hint, '') ELSE event_location END)) STORED,
    ADD COLUMN words tsvector GENERATED ALWAYS AS (read_model.word_vector(
        title || ' ' || description || ' ' || movie_title || ' ' || movie_title_ru)) STORED;

CREATE INDEX announcements_words ON read_model.announcements USING gin (words);
CREATE INDEX announcements_location ON read_model.announcements USING gin (location_words);

DROP FUNCTION read_model.search_words(text);

-- Without knowing how common a word is, the planner takes the wrong index.
ANALYZE read_model.announcements;
