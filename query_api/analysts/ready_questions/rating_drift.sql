-- name: rating_drift
-- title: How ratings drift
-- title.ru: Как меняются оценки
-- description: By the month a rating was first given (UTC) and the rated role: number and plain mean of revealed, not retracted scores, and the share of the best score, 10.
-- description.ru: По месяцу (UTC), когда оценку впервые дали, и роли оценённого: число и простое среднее открытых и не отозванных оценок и доля лучшей, 10.
-- plot: line month mean_score by role
SELECT
    toString(toStartOfMonth(given_day)) AS month,
    ratee_role AS role,
    count() AS ratings,
    round(avg(ifNull(current_score, 0)), 2) AS mean_score,
    round(100 * sum(ifNull(current_score, 0) = 10) / count(), 1) AS tens_percent
FROM current_ratings
WHERE is_revealed AND NOT is_retracted AND isNotNull(current_score)
GROUP BY month, role
ORDER BY month, role
