-- name: repeat_guests
-- title: Guests who come again
-- title.ru: Гости, которые приходят снова
-- description: How many guests hold or held a confirmed seat at so many evenings (cancelled ones left out), and how many of them came more than once to the same host. 10 stands for 10 and more.
-- description.ru: У скольких гостей есть или было подтверждённое место на стольких встречах (без отменённых) и сколько из них приходили к одному организатору больше одного раза. 10 значит 10 и больше.
-- plot: bars evenings guests same_host_again
SELECT
    least(evenings_seen, 10) AS evenings,
    count() AS guests,
    sum(evenings_seen > hosts_seen) AS same_host_again
FROM
(
    SELECT
        guest_id,
        uniqExact(announcement_id) AS evenings_seen,
        uniqExact(host_id) AS hosts_seen
    FROM
    (
        SELECT announcement_id, guest_id
        FROM
        (
            SELECT
                announcement_id,
                person_id AS guest_id,
                argMax(ifNull(author_status, 0) AND ifNull(guest_status, 0), seq * 100000 + event_index)
                    AS is_seated
            FROM events
            WHERE type LIKE 'booking.%'
            GROUP BY announcement_id, person_id
        )
        WHERE is_seated
    ) AS seats
    ALL INNER JOIN
    (
        SELECT announcement_id, host_id FROM evenings WHERE NOT cancelled
    ) AS known USING (announcement_id)
    GROUP BY guest_id
)
GROUP BY evenings
ORDER BY evenings
