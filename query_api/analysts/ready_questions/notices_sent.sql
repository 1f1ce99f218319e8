-- name: notices_sent
-- title: What people are told, how soon, and what they open
-- title.ru: О чём людям сообщают, как скоро и что они открывают
-- description: Notices by day (UTC) and by kind: how many, the middle and the slow tenth of the minutes that they took, the middle of the seconds since they were due, and how often the link was opened. What followers are told of a new announcement counts on the day on which it was sent, and takes time since the event. All others count on the day of the event, and take time since they were due: more would show who was not told. A link does not say who opens it or where it was found, so an opening counts for the announcement to followers that was last sent before it, within so many days; one that nothing was sent before does not count.
-- description.ru: Уведомления по дням (UTC) и видам: сколько их, медиана и медленная десятая часть минут, которые они заняли, медиана секунд после срока и сколько раз открыли ссылку. То, что сообщают подписчикам о новом объявлении, считается в день отправки, и время идёт от события. Все остальные считаются в день события, и время идёт от срока: большее показало бы, кому не сообщили. Ссылка не говорит, кто её открыл и где нашёл, поэтому открытие относится к тому сообщению подписчикам об этом объявлении, которое было отправлено последним перед ним, не раньше стольких дней; без такого сообщения оно не считается.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- parameter: within_days int = 7
-- plot: line day sent by kind
SELECT day, kind, sent, median_min, p90_min, median_late_s, clicks
FROM
(
    SELECT
        toDate(toUInt16(intDiv(told_at_ms, 86400000))) AS day,
        notice_kind AS kind,
        count() AS sent,
        round(quantileExact(0.5)((told_at_ms - happened_at_ms) / 60000), 1) AS median_min,
        round(quantileExact(0.9)((told_at_ms - happened_at_ms) / 60000), 1) AS p90_min,
        round(quantileExact(0.5)((told_at_ms - greatest(planned_at_ms, happened_at_ms)) / 1000), 1) AS median_late_s
    FROM current_notices
    WHERE current_state = 'sent'
    GROUP BY day, kind
) AS told_by_day
ANY LEFT JOIN
(
    SELECT toDate(toUInt16(intDiv(last_ms, 86400000))) AS day, last_kind AS kind, count() AS clicks
    FROM
    (
        SELECT
            click_id,
            any(clicked_ms) AS opened_ms,
            maxIf(told_ms, told_ms <= clicked_ms) AS last_ms,
            argMaxIf(told_kind, told_ms, told_ms <= clicked_ms) AS last_kind
        FROM
        (
            SELECT click_id, any(announcement_id) AS evening_id, any(at_ms) AS clicked_ms
            FROM clicks
            GROUP BY click_id
        ) AS clicked
        ALL INNER JOIN
        (
            SELECT evening_id, notice_kind AS told_kind, min(told_at_ms) AS told_ms
            FROM current_notices
            WHERE current_state = 'sent' AND evening_id != ''
            GROUP BY evening_id, notice_kind, intDiv(told_at_ms, 60000)
        ) AS told USING (evening_id)
        GROUP BY click_id
    )
    WHERE last_ms > 0 AND opened_ms - last_ms <= %(within_days)s * 86400000
    GROUP BY day, kind
) AS opened USING (day, kind)
WHERE day >= toDate(%(from_day)s) AND day <= toDate(%(to_day)s)
ORDER BY day, kind
