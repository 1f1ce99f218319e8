-- name: host_cohorts
-- title: Hosts who announce again, by month of their first evening
-- title.ru: Организаторы, которые объявляют снова, по месяцу первой встречи
-- description: Hosts by the month in which they first published an evening (UTC), and how many of them published another one within 30 days, within 90 days and ever. An evening counts even if it was cancelled.
-- description.ru: Организаторы по месяцу (UTC), когда они впервые опубликовали встречу, и сколько из них опубликовали ещё одну в течение 30 дней, 90 дней и когда-либо. Встреча считается, даже если её отменили.
-- plot: line month hosts within_30_days within_90_days ever
SELECT
    toString(toStartOfMonth(toDate(toUInt16(intDiv(first_ms, 86400000))))) AS month,
    count() AS hosts,
    sum(second_ms > 0 AND second_ms - first_ms <= 30 * 86400000) AS within_30_days,
    sum(second_ms > 0 AND second_ms - first_ms <= 90 * 86400000) AS within_90_days,
    sum(second_ms > 0) AS ever
FROM
(
    SELECT host_id, published_times[1] AS first_ms, published_times[2] AS second_ms
    FROM
    (
        SELECT host_id, arraySort(groupArray(published_at_ms)) AS published_times
        FROM evenings
        WHERE published
        GROUP BY host_id
    )
)
GROUP BY month
ORDER BY month
