-- The trace context (W3C) of the request that caused a notice, a fan-out or a post: calls and log
-- lines go on with it. NULL if no request did, or if an older notifier wrote the row.

ALTER TABLE notifier.sources ADD COLUMN traceparent text;
ALTER TABLE notifier.fanouts ADD COLUMN traceparent text;
ALTER TABLE notifier.publications ADD COLUMN traceparent text;
