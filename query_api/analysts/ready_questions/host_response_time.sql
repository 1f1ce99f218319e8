-- name: host_response_time
-- title: How soon hosts answer
-- title.ru: Как скоро организаторы отвечают
-- description: Minutes from a first request to the host's first yes or no after it, by the day of the request (UTC): the middle, the slow tenth and the slowest. Requests without an answer are not in it; see unanswered_requests.
-- description.ru: Минуты от первой заявки до первого после неё «да» или «нет» организатора, по дню заявки (UTC): медиана, медленная десятая часть и самый долгий ответ. Заявки без ответа сюда не входят; см. unanswered_requests.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: line day median_min p90_min
SELECT
    asked_day AS day,
    count() AS answered,
    round(quantileExact(0.5)((answered_ms - asked_ms) / 60000), 1) AS median_min,
    round(quantileExact(0.9)((answered_ms - asked_ms) / 60000), 1) AS p90_min,
    round(max((answered_ms - asked_ms) / 60000), 1) AS slowest_min
FROM
(
    SELECT
        booking_id,
        minIf(day, type = 'booking.requested') AS asked_day,
        minIf(at_ms, type = 'booking.requested') AS asked_ms,
        minIf(at_ms, type != 'booking.requested') AS answered_ms,
        max(type = 'booking.requested') AS was_asked
    FROM events
    WHERE type IN ('booking.requested', 'booking.approved', 'booking.preapproved', 'booking.rejected')
    GROUP BY booking_id
)
WHERE was_asked AND answered_ms > 0 AND answered_ms >= asked_ms
    AND asked_day >= toDate(%(from_day)s) AND asked_day <= toDate(%(to_day)s)
GROUP BY asked_day
ORDER BY asked_day
