-- name: invitations
-- title: What becomes of invitations
-- title.ru: Что становится с приглашениями
-- description: Invitations by the day they were first sent (UTC), and how they were answered: accepted, declined, taken back by the host, or not (yet) answered.
-- description.ru: Приглашения по дню (UTC), когда их впервые отправили, и чем они кончились: приняты, отклонены, отозваны организатором или (пока) без ответа.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: line day sent accepted declined
SELECT
    sent_day AS day,
    count() AS sent,
    sum(was_accepted) AS accepted,
    sum(was_declined AND NOT was_accepted) AS declined,
    sum(was_revoked AND NOT was_accepted AND NOT was_declined) AS taken_back,
    sum(NOT was_accepted AND NOT was_declined AND NOT was_revoked) AS unanswered
FROM
(
    SELECT
        booking_id,
        minIf(day, type = 'booking.invited') AS sent_day,
        max(type = 'booking.invited') AS was_invited,
        max(type = 'booking.accepted') AS was_accepted,
        max(type = 'booking.declined') AS was_declined,
        max(type = 'booking.revoked') AS was_revoked
    FROM events
    WHERE type IN ('booking.invited', 'booking.accepted', 'booking.declined', 'booking.revoked')
    GROUP BY booking_id
)
WHERE was_invited AND sent_day >= toDate(%(from_day)s) AND sent_day <= toDate(%(to_day)s)
GROUP BY sent_day
ORDER BY sent_day
