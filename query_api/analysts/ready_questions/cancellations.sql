-- name: cancellations
-- title: Cancellations by lead time
-- title.ru: Отмены по времени до начала
-- description: How long before the evening's beginning (as last announced) guests gave a confirmed seat back and hosts cancelled the whole evening.
-- description.ru: За сколько до начала встречи (по последнему объявлению) гости отдавали подтверждённое место, а организаторы отменяли всю встречу.
-- plot: bars lead_time seats_given_back evenings_cancelled
SELECT
    multiIf(hours < 0, 'after it began', hours < 2, 'under 2 h', hours < 6, '2-6 h', hours < 24, '6-24 h',
            hours < 72, '1-3 days', hours < 168, '3-7 days', 'over 7 days') AS lead_time,
    uniqExactIf(seq, event_index, type = 'booking.left') AS seats_given_back,
    uniqExactIf(seq, event_index, type = 'announcement.cancelled') AS evenings_cancelled
FROM
(
    SELECT announcement_id, seq, event_index, type, (ifNull(starts_at_ms, 0) - at_ms) / 3600000 AS hours
    FROM
    (
        SELECT announcement_id, seq, event_index, type, at_ms
        FROM events
        WHERE type IN ('booking.left', 'announcement.cancelled')
    ) AS endings
    ALL INNER JOIN
    (
        SELECT announcement_id, starts_at_ms FROM evenings
    ) AS known USING (announcement_id)
)
GROUP BY lead_time
ORDER BY min(hours)
