-- A lease belongs to a process that lives: `holder` is the number of an advisory lock that
-- its session holds, 0 if it has none. What a dead holder had taken is free at once.
-- `unsettled`: a sending began whose outcome nobody learnt, so it may have arrived. Such a
-- notice is never called `dropped`, `skipped` or `cancelled`; its state is `unconfirmed`.

ALTER TABLE notifier.notices
    ADD COLUMN holder integer,
    ADD COLUMN unsettled boolean NOT NULL DEFAULT false;
ALTER TABLE notifier.fanouts
    ADD COLUMN holder integer;

CREATE INDEX notices_leased ON notifier.notices (holder)
    WHERE state = 'waiting' AND holder IS NOT NULL;
CREATE INDEX fanouts_leased ON notifier.fanouts (holder)
    WHERE state = 'waiting' AND holder IS NOT NULL;
