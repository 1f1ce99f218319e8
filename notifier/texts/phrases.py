"""Holds the smaller phrases of notices, in both languages: lines, names, values, plurals."""

from typing import Final

from contracts.values.languages import Text

REASONS: Final[dict[str, Text]] = {
    "superseded": Text(
        "another evening at this time was confirmed", "подтверждена другая встреча на это время"
    ),
    "offer_expired": Text("the offer was not answered in time", "на предложение не ответили"),
    "moved_clash": Text(
        "the new time overlaps another evening", "новое время пересекается с другой встречей"
    ),
}

LINES: Final[dict[str, Text]] = {
    "system_reason": Text("Reason: {value}.", "Причина: {value}."),
    "reason": Text('Reason given: "{value}".', "Названная причина: «{value}»."),
    "message": Text("Message: {value}", "Сообщение: {value}"),
    "hold_until": Text("Held until {value}.", "Придержано до {value}."),
    "waiting": Text(
        "The evening is full: the request is on the waiting list.", "Мест нет: заявка в очереди."
    ),
    "clashes": Text("Overlaps: {value}.", "Пересечений: {value}."),
    "overlaps": Text(
        "Overlaps another evening of yours: {value}.",
        "Пересекается с другой вашей встречей: {value}.",
    ),
    "by_operator": Text("Cancelled by an operator.", "Отменено администратором."),
}

FIELDS: Final[dict[str, Text]] = {
    "title": Text("Title", "Название"),
    "description": Text("Description", "Описание"),
    "event_time": Text("When", "Когда"),
    "event_location": Text("Where", "Где"),
    "location_hint": Text("Near", "Ориентир"),
    "price": Text("Price", "Цена"),
    "ticket_count": Text("Seats", "Места"),
    "visibility": Text("Who may come", "Для кого"),
}

VALUES: Final[dict[str, Text]] = {
    "free": Text("free", "бесплатно"),
    "paid": Text("paid", "платно"),
    "public": Text("everybody", "для всех"),
    "subscribers": Text("followers", "для подписчиков"),
    "invite": Text("the invited", "по приглашениям"),
    "hidden": Text(
        "changed; shown to confirmed guests", "изменилось; адрес увидят подтверждённые гости"
    ),
    "nobody": Text("somebody", "кто-то"),
    "none": Text("not stated", "не указано"),
    "soon": Text("soon", "в ближайшее время"),
}

PLURALS: Final[dict[str, dict[str, dict[str, str]]]] = {
    "hours": {
        "en": {"one": "{n} hour", "other": "{n} hours"},
        "ru": {"one": "{n} час", "few": "{n} часа", "many": "{n} часов", "other": "{n} часа"},
    },
    "minutes": {
        "en": {"one": "{n} minute", "other": "{n} minutes"},
        "ru": {
            "one": "{n} минуту",
            "few": "{n} минуты",
            "many": "{n} минут",
            "other": "{n} минуты",
        },
    },
    "guests": {
        "en": {"one": "{n} guest", "other": "{n} guests"},
        "ru": {
            "one": "был {n} гость",
            "few": "было {n} гостя",
            "many": "было {n} гостей",
            "other": "было {n} гостя",
        },
    },
}
"""By plural category of CLDR."""
