-- name: fill_curve
-- title: How evenings fill before they begin
-- title.ru: Как встречи заполняются до начала
-- description: Per cent of all seats that were taken so many days before the evening began, over evenings that were published and not cancelled and that have begun by the newest event. Day 14 stands for 14 and more.
-- description.ru: Процент всех мест, занятых за столько дней до начала, по встречам, которые опубликованы, не отменены и начались до самого нового события. День 14 значит 14 и больше.
-- plot: line days_before filled_percent
SELECT
    toUInt8(place - 1) AS days_before,
    evenings,
    seats,
    taken_seats,
    round(100 * taken_seats / seats, 1) AS filled_percent
FROM
(
    -- Each evening has 15 marks, one for each day before it: of the last booking event until
    -- then, its place in the journal and, in the low 16 bits, the seats taken after it. (Old
    -- servers do not see columns that only a lambda names: hence arrayResize.)
    SELECT
        count() AS evenings,
        sum(seats_there) AS seats,
        sumForEach(arrayMap(one -> bitAnd(one, 65535), marks)) AS taken_by_day
    FROM
    (
        SELECT announcement_id, max(own_seats) AS seats_there, arrayResize(maxForEach(own_marks), 15) AS marks
        FROM
        (
            SELECT
                announcement_id,
                toUInt64(ifNull(seats, 0)) AS own_seats,
                arrayResize(emptyArrayUInt64(), 15) AS own_marks
            FROM evenings
            WHERE published AND NOT cancelled AND starts_at_ms <= (SELECT max(at_ms) FROM events)
            UNION ALL
            SELECT
                announcement_id,
                toUInt64(0) AS own_seats,
                arrayResize(emptyArrayUInt64(), least(days_ahead, 14) + 1, mark) AS own_marks
            FROM
            (
                SELECT announcement_id, mark, intDiv(starts_ms - at_ms, 86400000) AS days_ahead
                FROM
                (
                    SELECT announcement_id, at_ms, seq * 65536 + toUInt16(ifNull(taken, 0)) AS mark
                    FROM events
                    WHERE type LIKE 'booking.%'
                ) AS bookings
                ALL INNER JOIN
                (
                    SELECT announcement_id, ifNull(starts_at_ms, 0) AS starts_ms
                    FROM evenings
                    WHERE published AND NOT cancelled
                        AND starts_at_ms <= (SELECT max(at_ms) FROM events)
                ) AS known USING (announcement_id)
                WHERE at_ms <= starts_ms
            )
        )
        GROUP BY announcement_id
    )
)
ARRAY JOIN taken_by_day AS taken_seats, arrayEnumerate(taken_by_day) AS place
ORDER BY days_before DESC
