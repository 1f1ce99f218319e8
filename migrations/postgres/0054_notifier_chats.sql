-- Who has been told of new posts in a chat, or is about to be, and has not read on since.

CREATE TABLE notifier.told_of_chats (
    announcement_id uuid NOT NULL,
    person_id       uuid NOT NULL,
    PRIMARY KEY (announcement_id, person_id)
);
