-- name: clashes_avoided
-- title: Clashing evenings that were avoided
-- title.ru: Пересечения встреч, которых удалось избежать
-- description: By day (UTC): commands refused because of an overlap, requests that were dropped for it when a seat elsewhere was confirmed or an evening moved, and guests who were asked to choose after a move.
-- description.ru: По дням (UTC): команды, отклонённые из-за пересечения; заявки, снятые из-за него, когда место подтвердили на другой встрече или встречу перенесли; и гости, которых после переноса попросили выбрать.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: line day refused released asked_to_choose
SELECT
    day,
    sum(a_refusal) AS refused,
    sum(a_release) AS released,
    sum(a_choice) AS asked_to_choose
FROM
(
    SELECT day, uniqExact(seq, part) AS a_refusal, toUInt64(0) AS a_release, toUInt64(0) AS a_choice
    FROM refusals
    WHERE code = 'overlap'
    GROUP BY day
    UNION ALL
    SELECT
        day,
        toUInt64(0) AS a_refusal,
        uniqExactIf(seq, event_index, type = 'booking.released') AS a_release,
        uniqExactIf(seq, event_index, type = 'booking.unsettled') AS a_choice
    FROM events
    WHERE type IN ('booking.released', 'booking.unsettled') AND reason != 'offer_expired'
    GROUP BY day
)
WHERE day >= toDate(%(from_day)s) AND day <= toDate(%(to_day)s)
GROUP BY day
ORDER BY day
