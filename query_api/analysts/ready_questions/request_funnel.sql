-- name: request_funnel
-- title: From request to seat, by day
-- title.ru: От заявки до места, по дням
-- description: Requests by the day they were first made (UTC), how many the host answered and how many ever had a confirmed seat.
-- description.ru: Заявки по дню (UTC), когда они впервые сделаны, на сколько из них организатор ответил и по скольким когда-либо было подтверждённое место.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: line day requests answered seated
SELECT
    asked_day AS day,
    count() AS requests,
    sum(was_answered) AS answered,
    sum(was_seated) AS seated,
    round(100 * sum(was_seated) / count(), 1) AS seated_percent
FROM
(
    SELECT
        booking_id,
        minIf(day, type = 'booking.requested') AS asked_day,
        max(type = 'booking.requested') AS was_asked,
        max(type IN ('booking.approved', 'booking.preapproved', 'booking.rejected')) AS was_answered,
        max(ifNull(author_status, 0) AND ifNull(guest_status, 0)) AS was_seated
    FROM events
    WHERE type LIKE 'booking.%'
    GROUP BY booking_id
)
WHERE was_asked AND asked_day >= toDate(%(from_day)s) AND asked_day <= toDate(%(to_day)s)
GROUP BY asked_day
ORDER BY asked_day
