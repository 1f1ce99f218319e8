-- name: waiting_line
-- title: What the waiting line is worth
-- title.ru: Что даёт очередь
-- description: By the day a request was put in line (UTC): how many were, how many were offered a freed seat, and how many ended up with a confirmed one at some time.
-- description.ru: По дню (UTC), когда заявку поставили в очередь: сколько их было, скольким предложили освободившееся место и у скольких потом когда-либо было подтверждённое.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: line day waiting offered seated
SELECT
    line_day AS day,
    count() AS waiting,
    sum(was_offered) AS offered,
    sum(was_seated) AS seated
FROM
(
    SELECT
        booking_id,
        minIf(day, type = 'booking.requested' AND waiting = 1) AS line_day,
        max(type = 'booking.requested' AND waiting = 1) AS was_waiting,
        max(type = 'booking.offered') AS was_offered,
        max(ifNull(author_status, 0) AND ifNull(guest_status, 0)) AS was_seated
    FROM events
    WHERE type LIKE 'booking.%'
    GROUP BY booking_id
)
WHERE was_waiting AND line_day >= toDate(%(from_day)s) AND line_day <= toDate(%(to_day)s)
GROUP BY line_day
ORDER BY line_day
