"""Says in words what codes in an archive mean, for its page. The files of the archive keep the
codes."""

from collections.abc import Mapping
from typing import Final

from contracts.error_codes import describe, is_error_code
from contracts.values.languages import Language, Text
from contracts.values.personal import show_text

BOOKING_STATES: Final[Mapping[str, Text]] = {
    "requested": Text("the host has yet to answer", "ждёт ответа организатора"),
    "waitlisted": Text("on the waiting list", "в очереди"),
    "invited": Text("invited", "приглашение"),
    "offered": Text("a seat is offered", "предложено место"),
    "confirmed": Text("confirmed", "подтверждено"),
    "rejected": Text("declined by the host", "отказ организатора"),
    "declined": Text("declined by the guest", "отказ гостя"),
    "withdrawn": Text("request withdrawn", "заявка отозвана"),
    "revoked": Text("taken back by the host", "отозвано организатором"),
    "ended": Text("declined by both", "обоюдный отказ"),
}
NOTICE_STATES: Final[Mapping[str, Text]] = {
    "waiting": Text("to be sent", "ждёт отправки"),
    "planned": Text("planned", "запланировано"),
    "sent": Text("sent", "отправлено"),
    "dropped": Text("no longer true", "уже неактуально"),
    "skipped": Text("not sent", "не отправлено"),
    "cancelled": Text("cancelled", "отменено"),
    "parked": Text("not delivered", "не доставлено"),
    "unconfirmed": Text("perhaps delivered", "возможно, доставлено"),
}
"""Also of broadcasts."""
JOB_STATES: Final[Mapping[str, Text]] = {
    "running": Text("going on", "идёт"),
    "done": Text("done", "завершено"),
    "limit_reached": Text("no more invitations that day", "предел на день исчерпан"),
    "evening_over": Text("ended with the evening", "встреча закончилась"),
    "host_barred": Text("the host may not invite", "организатор не может приглашать"),
}
KINDS: Final[Mapping[str, Text]] = {
    "announce_new": Text("new evening", "новая встреча"),
    "announce_put": Text("evening changed", "встреча изменена"),
    "announce_delete": Text("evening cancelled", "встреча отменена"),
    "announce_done": Text("evening over", "встреча прошла"),
    "booking_new": Text("request or invitation", "заявка или приглашение"),
    "booking_status": Text("change of a booking", "изменение брони"),
    "booking_unanswered": Text("no answer yet", "ответа ещё нет"),
    "host_message": Text("message from the host", "сообщение организатора"),
    "remind_day": Text("reminder a day before", "напоминание за день"),
    "remind_hour": Text("reminder an hour before", "напоминание за час"),
    "score_request": Text("please rate", "просьба оценить"),
    "score_revealed": Text("rating revealed", "оценка открыта"),
    "chat_digest": Text("new in the chat", "новое в чате"),
    "plan_match": Text("evenings for my plan", "встречи по моему плану"),
    "operator_message": Text("message from the operators", "сообщение администраторов"),
    "erasure_requested": Text("erasure asked for", "запрошено удаление данных"),
    "erasure_confirmed": Text("erasure confirmed", "удаление данных подтверждено"),
    "erasure_withdrawn": Text("erasure cancelled", "удаление данных отменено"),
    "text_hidden": Text("text hidden", "текст скрыт"),
    "report_answered": Text("report answered", "ответ на жалобу"),
}
SUBJECTS: Final[Mapping[str, Text]] = {
    "evening": Text("evening", "встреча"),
    "review": Text("review", "отзыв"),
    "post": Text("message in a chat", "сообщение в чате"),
    "person": Text("person", "человек"),
}

CODES: Final[Mapping[str, Mapping[str, Text]]] = {
    "state": {**BOOKING_STATES, **NOTICE_STATES, **JOB_STATES},
    "audience": BOOKING_STATES,
    "kind": {**KINDS, **SUBJECTS},
    "off": KINDS,
    "status": {
        "Created": Text("draft", "черновик"),
        "Alive": Text("open", "открыта"),
        "Closed": Text("closed to requests", "заявки закрыты"),
        "Done": Text("over", "прошла"),
        "Cancelled": Text("cancelled", "отменена"),
    },
    "visibility": {
        "public": Text("everybody", "всем"),
        "subscribers": Text("followers", "подписчикам"),
        "invite": Text("the invited", "приглашённым"),
    },
    "closed_reason": {
        "full": Text("full", "мест нет"),
        "manual": Text("closed by the host", "решение организатора"),
        "cutoff": Text("it was about to begin", "скорое начало"),
    },
    "role": {"host": Text("host", "организатор"), "guest": Text("guest", "гость")},
    "language": {"en": Text("English", "английский"), "ru": Text("Russian", "русский")},
}
"""By field. A field that is not here, or a code without words, is shown as it is."""


def show_value(field: str, value: str, language: Language) -> str:
    """Return a text of an archive as its reader reads it."""
    if field == "code" and is_error_code(value):
        return describe(value, language)
    words = CODES.get(field, {}).get(value)
    return show_text(value, language) if words is None else words.in_language(language)
