-- Facts of decisions hold no texts any more. Earlier builds recorded the titles of the
-- announcements that overlapped; whoever asks why sees their present ones.

UPDATE read_model.decisions
SET facts = jsonb_set(facts, '{conflicts}', (
    SELECT coalesce(jsonb_agg(
        CASE jsonb_typeof(one) WHEN 'object' THEN one - 'title' ELSE one END ORDER BY place
    ), '[]')
    FROM jsonb_array_elements(facts -> 'conflicts') WITH ORDINALITY AS conflicts (one, place)))
WHERE code = 'overlap' AND jsonb_typeof(facts -> 'conflicts') = 'array';
