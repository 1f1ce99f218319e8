"""Holds the smaller phrases of notices, in both languages: lines, names, values, plurals."""

from typing import Final

from contracts.values.languages import Text
from contracts.values.personal import ERASED_NAME

REASONS: Final[dict[str, Text]] = {
    "superseded": Text(
        "another evening at this time was confirmed", "подтверждена другая встреча на это время"
    ),
    "offer_expired": Text("the offer was not answered in time", "на предложение не ответили"),
    "moved_clash": Text(
        "the new time clashes with another evening", "новое время пересекается с другой встречей"
    ),
}

LINES: Final[dict[str, Text]] = {
    "system_reason": Text("Reason: {value}.", "Причина: {value}."),
    "reason": Text('Reason given: "{value}".', "Названная причина: «{value}»."),
    "message": Text("Message: {value}", "Сообщение: {value}"),
    "hold_until": Text("Held until {value}.", "Придержано до {value}."),
    "waiting": Text(
        "The evening is full: the request waits in line.", "Мест нет: заявка в листе ожидания."
    ),
    "clashes": Text("Clashes: {value}.", "Пересечений: {value}."),
    "by_operator": Text("Cancelled by an operator.", "Отменено администратором."),
}

FIELDS: Final[dict[str, Text]] = {
    "title": Text("Title", "Название"),
    "description": Text("Description", "Описание"),
    "event_time": Text("Time", "Время"),
    "event_location": Text("Place", "Место"),
    "location_hint": Text("How to find it", "Как найти"),
    "is_free": Text("Price", "Стоимость"),
    "price_amount": Text("Amount", "Сумма"),
    "price_currency": Text("Currency", "Валюта"),
    "ticket_count": Text("Places", "Места"),
    "visibility": Text("Who sees it", "Кому видна"),
}

VALUES: Final[dict[str, Text]] = {
    "free": Text("free", "бесплатно"),
    "paid": Text("paid", "платно"),
    "public": Text("everybody", "всем"),
    "subscribers": Text("followers", "подписчикам"),
    "invite": Text("the invited", "приглашённым"),
    "hidden": Text("changed; confirmed guests see it", "изменено; видят подтверждённые гости"),
    "nobody": Text("somebody", "кто-то"),
    "erased": Text(ERASED_NAME, "удалённый пользователь"),
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
    "seats": {
        "en": {"one": "{n} seat", "other": "{n} seats"},
        "ru": {"one": "{n} место", "few": "{n} места", "many": "{n} мест", "other": "{n} места"},
    },
}
"""By plural category of CLDR."""
