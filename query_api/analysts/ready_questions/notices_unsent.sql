-- name: notices_unsent
-- title: What people are not told, and why
-- title.ru: О чём людям не сообщают и почему
-- description: Notices that wait or were not sent, by kind, state and reason, with the day (UTC) of the newest. The reason is empty while a notice waits, and if it would show what somebody keeps to themselves.
-- description.ru: Уведомления, которые ждут или не отправлены, по виду, состоянию и причине, с днём (UTC) самого нового. Причина пуста, пока уведомление ждёт и если она показала бы то, что человек держит при себе.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: bars kind notices by state
SELECT
    notice_kind AS kind,
    current_state AS state,
    current_reason AS reason,
    count() AS notices,
    toDate(toUInt16(intDiv(max(happened_at_ms), 86400000))) AS newest_day
FROM current_notices
WHERE current_state != 'sent'
    AND happened_at_ms >= 1000 * toInt64(toUnixTimestamp(toDateTime(toDate(%(from_day)s), 'UTC')))
    AND happened_at_ms < 1000 * toInt64(toUnixTimestamp(toDateTime(toDate(%(to_day)s), 'UTC'))) + 86400000
GROUP BY kind, state, reason
ORDER BY kind, state, reason
