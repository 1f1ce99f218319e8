-- A notice's first event, and its newest, are found by this index. Without seq in it, PostgreSQL
-- read all sources in the order of their key, for each notice, while it had no statistics of them.
DROP INDEX notifier.sources_of_notice;
CREATE INDEX sources_of_notice ON notifier.sources (notice_id, seq);
