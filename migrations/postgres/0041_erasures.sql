-- Erased people. The projector takes their texts from every row (`TableShape.words`).

CREATE TABLE read_model.erasures (
    person_id   uuid PRIMARY KEY,
    erase_at    timestamptz,                -- Null while nothing is asked for.
    confirmed   boolean NOT NULL,
    signed_by   text,                       -- How an operator signed the last change.
    changed     timestamptz NOT NULL,
    erased_at   timestamptz,
    erased_seq  bigint,                     -- Nothing that they wrote before is shown.
    gone_seq    bigint                      -- The `erased_seq` whose texts are gone from the disk.
) WITH (fillfactor = 80);
CREATE INDEX erasures_on_disk ON read_model.erasures (erased_seq)
    WHERE erased_seq IS DISTINCT FROM gone_seq;

-- Who typed a booking's reason and message, and the reason of a cancellation.
ALTER TABLE read_model.bookings ADD COLUMN words_by uuid;
ALTER TABLE read_model.announcements ADD COLUMN cancel_reason_by uuid;

UPDATE read_model.bookings b SET words_by = d.actor::uuid
FROM read_model.decisions d
WHERE d.seq = b.changed_seq AND d.actor NOT IN ('system', 'operator')
  AND (b.message IS NOT NULL OR b.reason_by = 'person');

UPDATE read_model.announcements a SET cancel_reason_by = d.actor::uuid
FROM read_model.decisions d
WHERE d.announcement_id = a.announcement_id AND d.kind = 'announcement.cancel' AND NOT d.refused
  AND d.actor NOT IN ('system', 'operator') AND a.cancel_reason IS NOT NULL;

-- An erasure finds a person's rows.
CREATE INDEX bookings_of_writer ON read_model.bookings (words_by) WHERE words_by IS NOT NULL;
CREATE INDEX announcements_of_canceller ON read_model.announcements (cancel_reason_by)
    WHERE cancel_reason_by IS NOT NULL;
CREATE INDEX ratings_of_rater ON read_model.ratings (rater_id);
CREATE INDEX mutes_by_person ON read_model.mutes (person_id);
CREATE INDEX mutes_of_host ON read_model.mutes (host_id);

-- The planner's statistics quote common values. They are to quote no texts of people.
ALTER TABLE read_model.people ALTER COLUMN name SET STATISTICS 0;
ALTER TABLE read_model.announcements
    ALTER COLUMN title SET STATISTICS 0,
    ALTER COLUMN description SET STATISTICS 0,
    ALTER COLUMN event_location SET STATISTICS 0,
    ALTER COLUMN location_hint SET STATISTICS 0,
    ALTER COLUMN cancel_reason SET STATISTICS 0;
ALTER TABLE read_model.bookings
    ALTER COLUMN reason SET STATISTICS 0,
    ALTER COLUMN message SET STATISTICS 0;
ALTER TABLE read_model.ratings
    ALTER COLUMN text SET STATISTICS 0,
    ALTER COLUMN tags SET STATISTICS 0;
ALTER TABLE read_model.suspensions ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE read_model.dead_letters
    ALTER COLUMN payload SET STATISTICS 0,
    ALTER COLUMN reason SET STATISTICS 0;
