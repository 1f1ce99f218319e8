"""The codes of failures, and their texts: what no rule of the domain refused.

They are part of `contracts.error_codes`, which says what holds for every code.
"""

from typing import Final, Literal

from contracts.values.languages import Text

FailureCode = Literal[
    "malformed_request",
    "malformed_header",
    "malformed_query",
    "malformed_body",
    "malformed_cursor",
    "naive_time",
    "time_in_past",
    "hold_out_of_range",
    "broadcast_out_of_range",
    "price_when_free",
    "episode_missing",
    "no_such_episode",
    "wished_time_too_short",
    "unknown_target",
    "key_reused",
    "too_large",
    "head_too_large",
    "request_timeout",
    "unsupported_media_type",
    "method_not_allowed",
    "unauthenticated",
    "token_expired",
    "forbidden",
    "suspended",
    "erasing",
    "wrong_erasure_token",
    "film_not_allowed",
    "own_sql_barred",
    "not_found",
    "question_name_taken",
    "too_many_saved_questions",
    "stale_version",
    "unknown_host",
    "rate_limited",
    "verify_running",
    "rebuild_running",
    "retry_running",
    "tables_being_made",
    "needs_fact",
    "unavailable",
    "busy",
    "outcome_unknown",
    "no_leader",
    "dependency_down",
    "projection_behind",
    "no_room",
    "not_enabled_yet",
    "internal_error",
]
"""All other codes."""
RunningCode = Literal["verify_running", "rebuild_running", "retry_running", "tables_being_made"]
"""Those that say what an operator has to wait for."""

FAILURES: Final[dict[FailureCode, Text]] = {
    "malformed_request": Text("The request cannot be understood.", "Запрос не удалось понять."),
    "malformed_header": Text("A request header is malformed.", "Заголовок запроса некорректен."),
    "malformed_query": Text("A query parameter is malformed.", "Параметр запроса некорректен."),
    "malformed_body": Text("The request body is malformed.", "Тело запроса некорректно."),
    "malformed_cursor": Text(
        "The cursor is not one that this list gave out.",
        "Этот курсор не выдавался для данного списка.",
    ),
    "naive_time": Text(
        "A time must state its offset from UTC.", "Время должно содержать смещение от UTC."
    ),
    "time_in_past": Text("The time lies in the past.", "Время уже прошло."),
    "hold_out_of_range": Text(
        "A seat can be held from now until the evening starts.",
        "Место можно удерживать только до начала встречи.",
    ),
    "broadcast_out_of_range": Text(
        "A message can be sent from now until the evening is over.",
        "Сообщение можно отправить только до конца встречи.",
    ),
    "price_when_free": Text(
        "A free evening has no price.", "У бесплатной встречи не может быть цены."
    ),
    "episode_missing": Text(
        "An evening of a series names the season and the episode.",
        "Для сериала нужно указать сезон и серию.",
    ),
    "no_such_episode": Text(
        "There is no such season or episode.", "Такого сезона или такой серии нет."
    ),
    "wished_time_too_short": Text(
        "The film takes longer than this wished time.", "Фильм длиннее этого желаемого времени."
    ),
    "unknown_target": Text(
        "The operator has not configured such a target.",
        "Такого места для публикации администратор не настроил.",
    ),
    "key_reused": Text(
        "This Idempotency-Key was used for another request.",
        "Этот Idempotency-Key уже использован для другого запроса.",
    ),
    "too_large": Text("The request is too large.", "Запрос слишком большой."),
    "head_too_large": Text(
        "The request line and headers are too large.",
        "Строка запроса и заголовки слишком большие.",
    ),
    "request_timeout": Text(
        "The request took too long to arrive.", "Запрос передавался слишком долго."
    ),
    "unsupported_media_type": Text("The body must be JSON.", "Тело запроса должно быть в JSON."),
    "method_not_allowed": Text(
        "This address does not know the method.", "Этот адрес не поддерживает такой метод."
    ),
    "unauthenticated": Text("A valid token is needed.", "Нужен действительный токен."),
    "token_expired": Text("The token has expired.", "Срок действия токена истёк."),
    "forbidden": Text("You are not allowed to do this.", "У вас нет на это прав."),
    "suspended": Text("Your account is suspended.", "Ваша учётная запись заблокирована."),
    "erasing": Text("This person's data are being erased.", "Данные этого человека удаляются."),
    "wrong_erasure_token": Text(
        "This token does not confirm the erasure of your data.",
        "Этот токен не подтверждает удаление ваших данных.",
    ),
    "film_not_allowed": Text(
        "No evenings are held here for this film.",
        "Встречи с этим фильмом здесь не проводят.",
    ),
    "own_sql_barred": Text(
        "Only ready questions are answered here.", "Здесь отвечают только на готовые вопросы."
    ),
    "not_found": Text("There is nothing here.", "Здесь ничего нет."),
    "question_name_taken": Text(
        "A ready question has this name.", "Это имя уже есть у готового вопроса."
    ),
    "too_many_saved_questions": Text(
        "As many questions are saved as can be.", "Больше вопросов сохранить нельзя."
    ),
    "stale_version": Text(
        "It was changed in the meantime; read it again.",
        "Тем временем данные изменились; прочитайте их заново.",
    ),
    "unknown_host": Text("Nobody of this name is here.", "Сервера с таким именем здесь нет."),
    "rate_limited": Text(
        "Too many requests; wait a little.", "Слишком много запросов; подождите немного."
    ),
    "verify_running": Text(
        "A verify is running; wait until it ends, or stop it.",
        "Уже идёт проверка (verify); дождитесь её окончания или прервите её.",
    ),
    "rebuild_running": Text(
        "A rebuild is running; wait until it ends, or stop it.",
        "Уже идёт перестройка (rebuild); дождитесь её окончания или прервите её.",
    ),
    "retry_running": Text(
        "Parked events are being retried or dropped; wait until that ends.",
        "Отложенные события сейчас обрабатываются; дождитесь окончания.",
    ),
    "tables_being_made": Text(
        "This build is still filling its tables; wait until it is ready.",
        "Эта версия ещё заполняет свои таблицы; дождитесь её готовности.",
    ),
    "needs_fact": Text(
        "The decision needs a fact that was not looked up.",
        "Для решения не хватает сведений.",
    ),
    "unavailable": Text(
        "Not available at the moment; try again.", "Сейчас недоступно; повторите попытку."
    ),
    "busy": Text(
        "Others are being served; try again in a moment.",
        "Сейчас обслуживаются другие; повторите попытку чуть позже.",
    ),
    "outcome_unknown": Text(
        "It is unknown whether this counted; retry with the same Idempotency-Key.",
        "Неизвестно, выполнено ли действие; повторите с тем же Idempotency-Key.",
    ),
    "no_leader": Text(
        "Nobody takes commands at the moment; try again.",
        "Сейчас некому принять команду; повторите попытку.",
    ),
    "dependency_down": Text(
        "A service that is needed for this does not answer; try again.",
        "Нужный для этого сервис не отвечает; повторите попытку.",
    ),
    "projection_behind": Text(
        "The answer for this position is not ready yet.",
        "Ответ для этой позиции ещё не готов.",
    ),
    "no_room": Text("There is not enough room on the disk.", "На диске недостаточно места."),
    "not_enabled_yet": Text(
        "This works once the whole system is upgraded.",
        "Это заработает, когда вся система будет обновлена.",
    ),
    "internal_error": Text("Something went wrong on our side.", "Ошибка на нашей стороне."),
}
