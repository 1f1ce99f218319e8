-- Finished notices and fan-outs are forgotten after a while, those first whose end is oldest
-- (notifier/store/forgetting.py).

CREATE INDEX notices_finished
    ON notifier.notices (greatest(happened_at, due_at, expires_at), id) WHERE state <> 'waiting';
CREATE INDEX fanouts_finished
    ON notifier.fanouts (greatest(happened_at, expires_at), seq, event_index)
    WHERE state <> 'waiting';
