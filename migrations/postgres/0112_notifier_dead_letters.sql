-- What operators need to list, retry and drop the events that the notifier could not read.

ALTER TABLE notifier.dead_letters
    ADD COLUMN request_id text,   -- By it logs tell what caused the event; absent if the journal
                                  -- does not say, or whoever gave the command was erased since.
    ADD COLUMN actor text,                          -- Who gave the command.
    ADD COLUMN told boolean NOT NULL DEFAULT false, -- People had been told of it before.
    ADD COLUMN dropped_at timestamptz;              -- An operator gave it up: it is never folded.

CREATE OR REPLACE VIEW notifier.operator_acts AS
SELECT id, at, signed_by, act,
       coalesce('notice ' || notice_id,
                CASE WHEN starts_with(act, 'dead_letter') THEN 'event ' ELSE 'fan-out ' END
                    || position || '-' || event_index,
                'publication ' || announcement_id || '/' || target) AS subject,
       before, after
FROM notifier.moderation;
