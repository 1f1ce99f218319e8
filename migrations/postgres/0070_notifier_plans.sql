-- Who has planned which film, and when they are free: whom to tell of an evening that fits.
-- Folded from the journal, as `people` is, and deleted with the person.

CREATE TABLE notifier.plans (
    person_id   uuid NOT NULL,
    movie_id    uuid NOT NULL,
    times       text NOT NULL,              -- JSON arrays of texts (contracts/plans).
    places      text NOT NULL,
    PRIMARY KEY (person_id, movie_id)
);
CREATE INDEX plans_for_film ON notifier.plans (movie_id, person_id);

CREATE TABLE notifier.free_times (
    person_id   uuid PRIMARY KEY,
    tz          text NOT NULL,
    times       text NOT NULL
);

-- The digests of a person: the newest says when the next one may be sent.
CREATE INDEX notices_of_plans ON notifier.notices (recipient, due_at) WHERE kind = 'plan_match';

ALTER TABLE notifier.plans ALTER COLUMN times SET STATISTICS 0;
ALTER TABLE notifier.plans ALTER COLUMN places SET STATISTICS 0;
ALTER TABLE notifier.free_times ALTER COLUMN times SET STATISTICS 0;
