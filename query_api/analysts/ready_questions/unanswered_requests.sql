-- name: unanswered_requests
-- title: Requests that hosts never answered
-- title.ru: Заявки, на которые организаторы так и не ответили
-- description: By host: requests older than so many hours (counted back from the newest event) and how many of them got neither a yes nor a no while they stood. Requests that the guest took back are not held against the host.
-- description.ru: По организаторам: заявки старше стольких часов (назад от самого нового события) и на сколько из них, пока они действовали, не было ни «да», ни «нет». Заявки, которые гость забрал сам, организатору не засчитываются.
-- parameter: older_than_hours int = 24
-- parameter: hosts_max int = 50
-- plot: bars host_id unanswered
SELECT
    host_id,
    count() AS requests,
    sum(is_open) AS unanswered,
    round(100 * sum(is_open) / count(), 1) AS unanswered_percent
FROM
(
    SELECT
        booking_id,
        max(author_id) AS host_id,
        max(type = 'booking.requested') AS was_asked,
        minIf(at_ms, type = 'booking.requested') AS asked_ms,
        max(type IN ('booking.approved', 'booking.preapproved', 'booking.rejected')) = 0
            AND ifNull(argMax(guest_status, seq), 0) = 1 AS is_open
    FROM events
    WHERE type LIKE 'booking.%'
    GROUP BY booking_id
)
WHERE was_asked
    AND asked_ms <= (SELECT max(at_ms) FROM events) - %(older_than_hours)s * 3600000
GROUP BY host_id
HAVING unanswered > 0
ORDER BY unanswered DESC, host_id
LIMIT %(hosts_max)s
