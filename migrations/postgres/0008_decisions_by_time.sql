-- Which position an instant comes to (`?as_of=`).

CREATE INDEX decisions_by_time ON read_model.decisions (decided_at, seq);
