-- name: refused_demand
-- title: Demand that was refused, by reason
-- title.ru: Отклонённый спрос по причинам
-- description: How often each rule said no, how many people it met and at how many evenings. A refused guest of a bulk invitation counts as one refusal.
-- description.ru: Сколько раз каждое правило сказало «нет», скольким людям и на скольких встречах. Отклонённый гость массового приглашения считается одним отказом.
-- parameter: from_day day = 1970-01-01
-- parameter: to_day day = 2105-12-31
-- plot: bars code refusals
SELECT
    code,
    uniqExact(seq, part) AS refusals,
    uniqExact(person_id) AS people,
    uniqExactIf(announcement_id, announcement_id != '') AS evenings
FROM refusals
WHERE day >= toDate(%(from_day)s) AND day <= toDate(%(to_day)s)
GROUP BY code
ORDER BY refusals DESC, code
