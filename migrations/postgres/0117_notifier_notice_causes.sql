-- What a person is told of why they got a notice (contracts/notice_reasons.py).
CREATE VIEW notifier.own_notice_causes AS
SELECT n.recipient AS person_id, n.id, json_build_object(
    'as_host', coalesce(notifier.person_in(n.facts, 'author_id') = n.recipient::text, false),
    'what', notifier.person_in(n.facts, 'what'),
    'state', notifier.person_in(n.facts, 'state'),
    'invited', coalesce(notifier.person_in(n.facts, 'invited')::boolean, false)
) AS cause
FROM notifier.notices n;
