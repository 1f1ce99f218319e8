"""Names the parts and fields of an archive for its reader, in both languages."""

from typing import Final

from contracts.values.languages import Language, Text

TITLE: Final = Text("My data at PRACTIX", "Мои данные в PRACTIX")
AS_OF: Final = Text("As of position", "По состоянию на позицию")
MADE_AT: Final = Text("made at", "создано")
NOTHING: Final = Text("Nothing.", "Ничего нет.")
YES: Final = Text("yes", "да")
NO: Final = Text("no", "нет")

PARTS: Final[dict[str, Text]] = {
    "profile": Text("Profile", "Профиль"),
    "calendar": Text("Calendar feed", "Календарь"),
    "erasure": Text("Erasure", "Удаление данных"),
    "suspension": Text("Suspension", "Блокировка"),
    "announcements": Text("My announcements", "Мои объявления"),
    "bookings_as_guest": Text("My bookings as a guest", "Мои бронирования"),
    "bookings_as_author": Text("Bookings at my announcements", "Бронирования моих объявлений"),
    "ratings_given": Text("Ratings that I gave", "Поставленные мной оценки"),
    "ratings_received": Text("Ratings that I received", "Полученные оценки"),
    "mutes": Text("Whom I have muted", "От кого я не получаю уведомлений"),
    "preferences": Text("Preferences of notices", "Настройки уведомлений"),
    "notices": Text("Notices", "Уведомления"),
    "commands": Text("What I did, and what came of it", "Мои действия и их результат"),
    "history": Text("What happened", "Что происходило"),
}
"""By part, in the order in which the page shows them."""

FIELDS: Final[dict[str, Text]] = {
    "actor": Text("by", "кто"),
    "announcement_id": Text("announcement", "объявление"),
    "announcement_title": Text("title", "название"),
    "at": Text("when", "когда"),
    "attempts": Text("attempts", "попыток"),
    "author_id": Text("author", "автор"),
    "author_name": Text("author", "автор"),
    "author_status": Text("author said yes", "автор согласен"),
    "booking_id": Text("booking", "бронирование"),
    "cancel_reason": Text("reason of the cancellation", "причина отмены"),
    "changed": Text("changed", "изменено"),
    "closed_reason": Text("closed because of", "закрыто из-за"),
    "code": Text("outcome", "результат"),
    "command": Text("command", "команда"),
    "confirmed": Text("confirmed", "подтверждено"),
    "created": Text("created", "создано"),
    "decided_at": Text("when", "когда"),
    "description": Text("description", "описание"),
    "due_at": Text("due", "к отправке"),
    "duration_min": Text("minutes", "минут"),
    "ends_at": Text("ends", "конец"),
    "erase_at": Text("will be erased", "будет удалено"),
    "event": Text("event", "событие"),
    "event_index": Text("number in the command", "номер в команде"),
    "event_location": Text("place", "место"),
    "event_time": Text("begins", "начало"),
    "facts": Text("facts", "подробности"),
    "guest_id": Text("guest", "гость"),
    "guest_name": Text("guest", "гость"),
    "guest_rating": Text("rating as a guest", "репутация гостя"),
    "guest_rating_count": Text("ratings as a guest", "оценок как гостю"),
    "guest_status": Text("guest said yes", "гость согласен"),
    "happened_at": Text("happened", "произошло"),
    "hide_location": Text("place hidden", "место скрыто"),
    "hold_until": Text("seat held until", "место удержано до"),
    "host_rating": Text("rating as an author", "репутация автора"),
    "host_rating_count": Text("ratings as an author", "оценок как автору"),
    "is_free": Text("free", "бесплатно"),
    "kind": Text("kind", "вид"),
    "language": Text("language", "язык"),
    "location_hint": Text("hint at the place", "ориентир"),
    "message": Text("message", "сообщение"),
    "modified": Text("changed", "изменено"),
    "movie_id": Text("film", "фильм"),
    "movie_title": Text("film", "фильм"),
    "movie_title_ru": Text("film in Russian", "фильм по-русски"),
    "muted": Text("muted", "отключено"),
    "muted_id": Text("author", "автор"),
    "muted_name": Text("author", "автор"),
    "name": Text("name", "имя"),
    "notice_id": Text("notice", "уведомление"),
    "off": Text("notices that I do not want", "ненужные уведомления"),
    "person_id": Text("person", "пользователь"),
    "position": Text("position", "позиция"),
    "preapproved": Text("approved in advance", "одобрено заранее"),
    "price_amount": Text("price", "цена"),
    "price_currency": Text("currency", "валюта"),
    "quiet_from": Text("quiet from", "тихо с"),
    "quiet_to": Text("quiet until", "тихо до"),
    "ratee_id": Text("rated person", "кого оценили"),
    "ratee_name": Text("rated person", "кого оценили"),
    "rater_id": Text("by", "кто оценил"),
    "rater_name": Text("by", "кто оценил"),
    "reason": Text("reason", "причина"),
    "reason_by": Text("reason given by", "кто указал причину"),
    "receipt": Text("confirms an act of my own", "подтверждает моё действие"),
    "receipts": Text("confirmations of my own acts", "подтверждения моих действий"),
    "refused": Text("refused", "отказано"),
    "retracted": Text("taken back", "отозвано"),
    "revealed_at": Text("shown since", "видно с"),
    "review_id": Text("rating", "оценка"),
    "role": Text("rated as", "в роли"),
    "score": Text("score", "балл"),
    "sealed_until": Text("sealed until", "закрыто до"),
    "sent_at": Text("sent", "отправлено"),
    "since": Text("since", "с"),
    "state": Text("state", "состояние"),
    "status": Text("status", "состояние"),
    "suspended": Text("suspended", "заблокирован"),
    "tags": Text("tags", "теги"),
    "taken": Text("seats taken", "занято мест"),
    "text": Text("text", "текст"),
    "ticket_count": Text("seats", "мест"),
    "title": Text("title", "название"),
    "tz": Text("zone", "часовой пояс"),
    "url": Text("address", "адрес"),
    "version": Text("version", "версия"),
    "visibility": Text("visible to", "видно"),
    "waiting": Text("on the waitlist", "в очереди"),
}


def label_field(name: str, language: Language) -> str:
    """Return the label of a field; its own name if it has none."""
    known = FIELDS.get(name)
    return name if known is None else known.in_language(language)
