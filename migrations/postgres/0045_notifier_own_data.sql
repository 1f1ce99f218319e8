-- What everybody may fetch of their own (GET /api/v1/my/data). The query service may read these
-- views and none of the tables behind them. The facts of a notice are not in it: they may state
-- what its recipient is no longer told.

CREATE VIEW notifier.own_notices AS
SELECT recipient AS person_id, id, kind, announcement_id, booking_id, receipt, happened_at,
       due_at, state, reason, attempts, sent_at
FROM notifier.notices;

CREATE VIEW notifier.own_preferences AS
SELECT person_id, wishes FROM notifier.preferences;
