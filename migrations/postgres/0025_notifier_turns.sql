-- What is due stands in line by turns, one notice of each crowd in each: nobody's crowd
-- delays another's notices (notifier/store/turns.py). A notice has a turn from when it is
-- due until it is taken. `crowd` is the host of whose evening it tells; null in older rows.

ALTER TABLE notifier.notices
    ADD COLUMN crowd text,
    ADD COLUMN urgent boolean,
    ADD COLUMN turn bigint;

CREATE INDEX notices_to_come ON notifier.notices (try_at, id)
    WHERE state = 'waiting' AND turn IS NULL;
CREATE INDEX notices_next ON notifier.notices (urgent, turn, id)
    WHERE state = 'waiting' AND turn IS NOT NULL;
CREATE INDEX notices_of_crowd ON notifier.notices (crowd, urgent, turn)
    WHERE state = 'waiting' AND turn IS NOT NULL;
DROP INDEX notifier.notices_due;

CREATE INDEX fanouts_of_author ON notifier.fanouts (author_id, try_at) WHERE state = 'waiting';
DROP INDEX notifier.fanouts_due;
