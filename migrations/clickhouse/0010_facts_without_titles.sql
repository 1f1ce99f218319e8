-- Facts of refusals hold no texts any more. Earlier builds recorded the titles of the
-- announcements that overlapped.

ALTER TABLE refusals
UPDATE facts = replaceRegexpAll(facts, '"title":"(?:[^"\\\\]|\\\\.)*",', '')
WHERE code = 'overlap';
