-- name: guest_cohorts
-- title: Guests who come back, by month of their first seat
-- title.ru: Гости, которые возвращаются, по месяцу первого места
-- description: Guests by the month in which they first held a confirmed seat (UTC), and how many of them held one at another evening within 30 days, within 90 days and ever. A seat counts even if it was given back.
-- description.ru: Гости по месяцу (UTC), когда у них впервые было подтверждённое место, и у скольких из них было место на другой встрече в течение 30 дней, 90 дней и когда-либо. Место считается, даже если его отдали.
-- plot: line month guests within_30_days within_90_days ever
SELECT
    toString(toStartOfMonth(toDate(toUInt16(intDiv(first_ms, 86400000))))) AS month,
    count() AS guests,
    sum(second_ms > 0 AND second_ms - first_ms <= 30 * 86400000) AS within_30_days,
    sum(second_ms > 0 AND second_ms - first_ms <= 90 * 86400000) AS within_90_days,
    sum(second_ms > 0) AS ever
FROM
(
    SELECT guest_id, seat_times[1] AS first_ms, seat_times[2] AS second_ms
    FROM
    (
        SELECT guest_id, arraySort(groupArray(seated_ms)) AS seat_times
        FROM
        (
            SELECT announcement_id, person_id AS guest_id, min(at_ms) AS seated_ms
            FROM events
            WHERE type LIKE 'booking.%' AND ifNull(author_status, 0) AND ifNull(guest_status, 0)
            GROUP BY announcement_id, person_id
        )
        GROUP BY guest_id
    )
)
GROUP BY month
ORDER BY month
