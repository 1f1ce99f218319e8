-- What operators did to notices and fan-outs, for the list of all acts. The query service may read
-- this and not the notices.

CREATE INDEX moderation_at ON notifier.moderation (at);
CREATE VIEW notifier.operator_acts AS
SELECT id, at, signed_by, act,
       coalesce('notice ' || notice_id, 'fan-out ' || position || '-' || event_index) AS subject,
       before, after
FROM notifier.moderation;
