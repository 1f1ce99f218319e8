-- What stands, or is to stand, at which target (notifier/publishing). A row has no text: a post
-- is written when it is sent. A row is the outbox entry of its post, and stays as long as the
-- post does.
CREATE TABLE notifier.publications (
    announcement_id uuid        NOT NULL,
    target          text        NOT NULL,
    author_id       uuid        NOT NULL,
    wanted          boolean     NOT NULL,  -- Whether the post is to stand.
    revision        bigint      NOT NULL,  -- Position of the newest change of what it says.
    changed_at      timestamptz NOT NULL,  -- When that was decided.
    posted_revision bigint,                -- What the target has; null: nothing was ever posted.
    stands          boolean     NOT NULL DEFAULT false,
    unsettled       boolean     NOT NULL DEFAULT false,  -- An attempt may have arrived.
    state           text        NOT NULL DEFAULT 'waiting',
    reason          text,
    attempts        integer     NOT NULL DEFAULT 0,
    try_at          timestamptz NOT NULL,
    holder          integer,
    PRIMARY KEY (announcement_id, target)
);
CREATE INDEX publications_due ON notifier.publications (try_at)
    WHERE state IN ('waiting', 'unsettled');
CREATE INDEX publications_leased ON notifier.publications (holder) WHERE state = 'sending';
CREATE INDEX publications_of_author ON notifier.publications (author_id);
