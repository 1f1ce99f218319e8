-- The host's rank beside the evening: an order that comes from a join has no index, and a
-- page of it meant to sort all evenings. The projector keeps it equal to `scores`.

ALTER TABLE read_model.announcements ADD COLUMN author_rank double precision NOT NULL DEFAULT 0;

UPDATE read_model.announcements a SET author_rank = score.host_rank
FROM read_model.scores score
WHERE score.person_id = a.author_id AND score.host_rank <> 0;

CREATE INDEX announcements_by_author_rank ON read_model.announcements (status, author_rank, announcement_id);
