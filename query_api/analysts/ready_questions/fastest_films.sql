-- name: fastest_films
-- title: Films that fill fastest
-- title.ru: Фильмы, на которые места заканчиваются быстрее всего
-- description: By film: its published evenings, how many ever had all their seats taken, and the middle of the hours from publication to the first time they had.
-- description.ru: По фильмам: опубликованные встречи, на скольких из них хоть раз были заняты все места, и медиана часов от публикации до первого такого момента.
-- parameter: films_max int = 30
-- plot: bars title median_hours
SELECT
    film AS title,
    count() AS evenings,
    sum(full_ms > 0) AS filled,
    round(quantileExactIf(0.5)((full_ms - published_at_ms) / 3600000, full_ms > 0), 1) AS median_hours
FROM
(
    SELECT announcement_id, film_id, film, seats, published_at_ms FROM evenings WHERE published
) AS known
ANY LEFT JOIN
(
    SELECT announcement_id, minIf(at_ms, taken >= seats_then) AS full_ms
    FROM
    (
        SELECT announcement_id, at_ms, ifNull(taken, 0) AS taken
        FROM events
        WHERE type LIKE 'booking.%'
    ) AS bookings
    ALL INNER JOIN
    (
        SELECT announcement_id, ifNull(seats, 0) AS seats_then FROM evenings
    ) AS sizes USING (announcement_id)
    GROUP BY announcement_id
) AS fills USING (announcement_id)
GROUP BY film_id, film
HAVING filled > 0
ORDER BY median_hours, title
LIMIT %(films_max)s
