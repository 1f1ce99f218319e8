"""Says in words what codes in an archive mean, for its page. The files of the archive keep the
codes."""

from collections.abc import Mapping
from typing import Any, Final

from contracts.error_codes import describe, is_error_code
from contracts.events.names import name_event
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
COMMANDS: Final[Mapping[str, Text]] = {
    "announcement.create": Text("announce an evening", "создать встречу"),
    "announcement.change": Text("change an evening", "изменить встречу"),
    "announcement.cancel": Text("cancel an evening", "отменить встречу"),
    "booking.request": Text("ask for a seat", "попросить место"),
    "booking.answer": Text(
        "answer a request or an invitation", "ответить на заявку или приглашение"
    ),
    "booking.invite": Text("invite guests", "пригласить гостей"),
    "invite_job.begin": Text("invite all followers", "пригласить всех подписчиков"),
    "invite_job.advance": Text("go on inviting followers", "продолжить приглашать подписчиков"),
    "invite_link.make": Text("make an invite link", "создать ссылку-приглашение"),
    "invite_link.open": Text("use an invite link", "воспользоваться ссылкой-приглашением"),
    "invite_link.revoke": Text("revoke an invite link", "отозвать ссылку-приглашение"),
    "broadcast.write": Text("write to the guests", "написать гостям"),
    "broadcast.change": Text("change a message to the guests", "изменить сообщение гостям"),
    "broadcast.cancel": Text("withdraw a message to the guests", "отменить сообщение гостям"),
    "post.write": Text("write in a chat", "написать в чат"),
    "post.change": Text("edit a chat message", "изменить сообщение в чате"),
    "post.delete": Text("delete a chat message", "удалить сообщение в чате"),
    "posts.read": Text("read a chat", "прочитать чат"),
    "rating.give": Text("rate", "поставить оценку"),
    "rating.change": Text("change a rating", "изменить оценку"),
    "rating.retract": Text("take a rating back", "отозвать оценку"),
    "rating.reply": Text("reply to a review", "ответить на отзыв"),
    "plan.plan_film": Text("plan a film", "добавить фильм в план"),
    "plan.unplan_film": Text("remove a film from the plan", "убрать фильм из плана"),
    "plan.state_free_times": Text("state free times", "указать свободное время"),
    "plan.announce": Text("announce a planned film", "создать встречу по плану"),
    "feed.make": Text("make a calendar feed", "создать ленту календаря"),
    "feed.revoke": Text("revoke a calendar feed", "отозвать ленту календаря"),
    "person.mute": Text("mute a host", "отключить уведомления об организаторе"),
    "person.unmute": Text("unmute a host", "включить уведомления об организаторе"),
    "person.block": Text("block a person", "заблокировать пользователя"),
    "person.unblock": Text("unblock a person", "разблокировать пользователя"),
    "person.suspend": Text("suspend a person", "закрыть пользователю доступ"),
    "person.reinstate": Text("let a person in again", "вернуть пользователю доступ"),
    "person.order_erasure": Text("order an erasure", "назначить удаление данных"),
    "person.request_erasure": Text("ask for an erasure", "запросить удаление данных"),
    "person.confirm_erasure": Text("confirm an erasure", "подтвердить удаление данных"),
    "person.withdraw_erasure": Text("cancel an erasure", "отменить удаление данных"),
    "report.make": Text("report", "пожаловаться"),
    "report.answer": Text("answer a report", "ответить на жалобу"),
    "report.hide": Text("hide a text", "скрыть текст"),
}
_SYSTEM: Final = Text("the system", "автоматически")
_CLOSED: Final[Mapping[str, Text]] = {
    "full": Text("full", "мест нет"),
    "manual": Text("decided by the host", "решение организатора"),
    "cutoff": Text("it was about to begin", "скорое начало"),
}
REASONS: Final[Mapping[str, Text]] = {
    **_CLOSED,
    "seat_freed": Text("a seat is free again", "место освободилось"),
    "superseded": Text("a seat at another evening", "место на другой встрече"),
    "offer_expired": Text("the offer ran out", "срок предложения истёк"),
    "moved_clash": Text("overlaps another evening", "пересекается с другой встречей"),
    "both_rated": Text("both sides have rated", "оценили обе стороны"),
    "window_over": Text("the time to rate is over", "срок оценки истёк"),
}
"""Those that a rule gave. People give theirs in words of their own."""
_OF_RULES: Final = frozenset(
    {"announcement.closed", "announcement.reopened", "booking.released", "rating.revealed"}
)
"""Events of which a rule gave the reason."""
RULE_REASON: Final = "reason of a rule"
"""In CODES, the field `reason` if a rule gave it."""

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
    "closed_reason": _CLOSED,
    RULE_REASON: REASONS,
    "reason_by": {
        "person": Text("a person", "пользователь"),
        "system": _SYSTEM,
    },
    "actor": {"system": _SYSTEM},
    "command": COMMANDS,
    "role": {"host": Text("host", "организатор"), "guest": Text("guest", "гость")},
    "language": {"en": Text("English", "английский"), "ru": Text("Russian", "русский")},
}
"""By field. A field that is not here, or a code without words, is shown as it is."""


def is_reason_of_rule(row: Mapping[str, Any]) -> bool:
    """Return whether the reason in a row, or in the facts of its event, is one that a rule gave:
    a person may type the same."""
    return row.get("reason_by") == "system" or row.get("event") in _OF_RULES


def leave_out_codes(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row without codes that say no more than what stands beside them: the outcome of
    what was done as it was asked, and why a notice was not sent."""
    is_done = "command" in row and not row.get("refused")
    untold = {"code"} if is_done else {"reason"} if "notice_id" in row else set()
    return {name: value for name, value in row.items() if name not in untold}


def show_value(field: str, value: str, language: Language) -> str:
    """Return a text of an archive as its reader reads it."""
    if field == "event":
        return name_event(value, None, language)
    if field == "code" and is_error_code(value):
        return describe(value, language)
    words = CODES.get(field, {}).get(value)
    return show_text(value, language) if words is None else words.in_language(language)
