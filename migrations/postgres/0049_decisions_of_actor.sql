-- The commands that one person gave, in order (GET /api/v1/my/data).

CREATE INDEX decisions_of_actor ON read_model.decisions (actor, seq);
