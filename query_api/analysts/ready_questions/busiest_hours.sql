-- name: busiest_hours
-- title: When people ask to come
-- title.ru: Когда люди просятся прийти
-- description: Requests by the hour of the day (UTC) at which they were made, and how many of those found the evening full.
-- description.ru: Заявки по часу суток (UTC), в который они сделаны, и сколько из них застали встречу заполненной.
-- plot: line hour requests found_full
SELECT
    intDiv(at_ms, 3600000) % 24 AS hour,
    uniqExact(seq, event_index) AS requests,
    uniqExactIf(seq, event_index, waiting = 1) AS found_full
FROM events
WHERE type = 'booking.requested'
GROUP BY hour
ORDER BY hour
