-- Who stands in line is told by another word than who asks. A booking that the notifier knew before
-- counts as one that asks until its next event.

ALTER TABLE notifier.participations ADD COLUMN waiting boolean NOT NULL DEFAULT false;
