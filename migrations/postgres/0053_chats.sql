-- The chats of announcements: the posts, and how far each person has read.

CREATE TABLE read_model.posts (
    post_id         uuid PRIMARY KEY,
    announcement_id uuid    NOT NULL,
    writer_id       uuid    NOT NULL,
    position        bigint  NOT NULL,  -- At which it was written; orders the chat.
    text            text,              -- Null once it is deleted.
    deleted         boolean NOT NULL,
    created         timestamptz NOT NULL,
    modified        timestamptz NOT NULL,
    words           tsvector GENERATED ALWAYS AS (read_model.word_vector(coalesce(text, ''))) STORED,
    UNIQUE (announcement_id, position)
) WITH (fillfactor = 90);

CREATE INDEX posts_of_writer ON read_model.posts (writer_id, position);

CREATE TABLE read_model.read_marks (
    mark_id         text PRIMARY KEY,  -- announcement_id:reader_id
    announcement_id uuid   NOT NULL,
    reader_id       uuid   NOT NULL,
    position        bigint NOT NULL,   -- Of the newest post read.
    read_at         timestamptz NOT NULL,
    UNIQUE (reader_id, announcement_id)
) WITH (fillfactor = 80);
