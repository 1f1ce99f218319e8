-- An operator who retries a publication may let a post appear twice: that is an act, too.

ALTER TABLE notifier.moderation
    ADD COLUMN announcement_id uuid,  -- With the target, of the publication that
    ADD COLUMN target text;           -- the act was about.
CREATE OR REPLACE VIEW notifier.operator_acts AS
SELECT id, at, signed_by, act,
       coalesce('notice ' || notice_id, 'fan-out ' || position || '-' || event_index,
                'publication ' || announcement_id || '/' || target) AS subject,
       before, after
FROM notifier.moderation;
