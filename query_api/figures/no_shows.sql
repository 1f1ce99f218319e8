-- name: no_shows
-- title: Guests who did not come
-- title.ru: Гости, которые не пришли
-- description: By the month a rating was first given (UTC): revealed, not retracted ratings of guests by their host, and how many of them say that the guest did not come.
-- description.ru: По месяцу (UTC), когда оценку впервые дали: открытые и не отозванные оценки гостей их организаторами и сколько из них говорят, что гость не пришёл.
-- plot: line month rated_guests no_shows
SELECT
    toString(toStartOfMonth(toDate(toUInt16(intDiv(given_ms, 86400000))))) AS month,
    count() AS rated_guests,
    sum(is_no_show) AS no_shows
FROM
(
    SELECT
        review_id,
        min(at_ms) AS given_ms,
        position(argMaxIf(tags, version, tags != ''), '"no_show"') > 0 AS is_no_show
    FROM ratings
    WHERE ratee_id IN
        (
            SELECT person_id FROM events WHERE type LIKE 'booking.%'
        )
        AND rater_id = %(host_id)s AND role = 'guest'
    GROUP BY review_id
    HAVING max(revealed) AND NOT max(retracted)
)
GROUP BY month
ORDER BY month
