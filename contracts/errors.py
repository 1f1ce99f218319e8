"""Everything that can go wrong with a request, and every code that clients branch on.

Knows nothing about HTTP: `runtime.problems` gives each code its status.

CommandError
├── Malformed                cannot be understood, or states something impossible
│   ├── TooLarge
│   ├── UnsupportedMediaType
│   └── KeyReused            the idempotency key belongs to another request
├── Unauthenticated          no token, or one that does not hold
│   └── TokenExpired
├── Forbidden                known, but not allowed
├── NotFound                 absent or hidden: nobody can tell which
├── StaleVersion             somebody else changed it in between
├── UnknownHost              meant for somebody else: our name is not in `Host`
├── RateLimited
├── CommandRefused           a rule said no; recorded, and explains itself later
├── NeedsFact                the decision needs a fact the edge did not bring; never leaves us
└── Unavailable              nothing wrong with the request; the same one may work later
    ├── OutcomeUnknown       may or may not count; retry with the same Idempotency-Key
    ├── NoLeader             nothing happened; nobody leads at the moment
    ├── DependencyDown       a service around us does not answer
    │   └── DependencyRefused   it answers, but will never take this request
    └── ProjectionBehind     the read side has not come to the wanted position yet
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple

Language = Literal["ru", "en"]

DEFAULT_LANGUAGE: Final[Language] = "en"


class Text(NamedTuple):
    """What a person is told, in every language we speak."""

    en: str
    ru: str


REFUSALS: Final[dict[str, Text]] = {
    # Evenings.
    "overlap": Text("It overlaps another evening.", "Пересекается с другой встречей."),
    "announcement_not_alive": Text(
        "The evening takes no requests: it is a draft, over or cancelled.",
        "Встреча не принимает заявки: это черновик, она прошла или отменена.",
    ),
    "announcement_closed": Text(
        "The evening is closed to new requests.", "Встреча закрыта для новых заявок."
    ),
    "move_not_allowed": Text(
        "This evening can no longer be moved.", "Эту встречу больше нельзя перенести."
    ),
    "change_not_allowed": Text(
        "This evening can no longer be changed.", "Эту встречу больше нельзя изменить."
    ),
    "tickets_below_confirmed": Text(
        "There cannot be fewer seats than are already taken.",
        "Мест не может быть меньше, чем уже занято.",
    ),
    "cannot_publish": Text(
        "Only a draft of an evening still to come can be published.",
        "Опубликовать можно только черновик предстоящей встречи.",
    ),
    "cannot_reopen": Text(
        "This evening cannot be opened again.", "Эту встречу нельзя открыть снова."
    ),
    "cannot_close": Text("This evening cannot be closed.", "Эту встречу нельзя закрыть."),
    "already_done": Text("The evening is already over.", "Встреча уже прошла."),
    "already_cancelled": Text("The evening was cancelled.", "Встреча отменена."),
    "too_many_evenings": Text(
        "You have as many evenings to come as one host may have.",
        "У вас уже столько предстоящих встреч, сколько можно одному организатору.",
    ),
    "too_many_drafts": Text(
        "You have as many drafts as one host may have.",
        "У вас уже столько черновиков, сколько можно одному организатору.",
    ),
    # Bookings.
    "too_many_invitations": Text(
        "You have invited as many as one host may in a day.",
        "Вы уже отправили столько приглашений, сколько можно за день.",
    ),
    "guest_invited_too_often": Text(
        "You have invited this person as often as one host may in a day.",
        "Вы уже приглашали этого человека столько раз, сколько можно за день.",
    ),
    "no_seats": Text("No seat is left.", "Свободных мест не осталось."),
    "already_booked": Text(
        "You already have a booking here.", "У вас уже есть бронь на эту встречу."
    ),
    "unknown_person": Text("Nobody has this id.", "Такого человека нет."),
    "not_invitable": Text(
        "This person cannot be invited at the moment.",
        "Этого человека сейчас нельзя пригласить.",
    ),
    "already_invited": Text("This person is already invited.", "Этот человек уже приглашён."),
    "own_announcement": Text(
        "The host is not a guest of their own evening.",
        "Организатор не может быть гостем своей встречи.",
    ),
    "reopen_limit": Text(
        "A yes was taken back and given again too many times.",
        "Согласие слишком много раз отзывали и давали снова.",
    ),
    "author_said_no": Text("The host said no.", "Организатор отказал."),
    "guest_said_no": Text(
        "The guest is no longer asking to come.", "Гость больше не просит места."
    ),
    "invite_revoked": Text("The invitation was taken back.", "Приглашение отозвано."),
    "booking_frozen": Text(
        "The evening is over or cancelled: its bookings no longer change.",
        "Встреча прошла или отменена: её брони больше не меняются.",
    ),
    "waitlist_full": Text("The waiting list is full.", "Лист ожидания заполнен."),
    # People.
    "mute_of_oneself": Text("Nobody mutes themselves.", "Себя заглушить нельзя."),
    "mutes_full": Text(
        "You have muted as many hosts as can be.",
        "Вы заглушили столько организаторов, сколько возможно.",
    ),
    # Ratings.
    "evening_not_done": Text(
        "Only an evening that took place and is over can be rated.",
        "Оценить можно только состоявшуюся и завершённую встречу.",
    ),
    "already_rated": Text(
        "You have rated this person for this evening already.",
        "Вы уже оценили этого человека за эту встречу.",
    ),
    "rating_window_closed": Text(
        "The time to rate this evening is over.", "Время для оценки этой встречи прошло."
    ),
    "rating_revealed": Text(
        "The rating has been revealed and no longer changes.",
        "Оценка раскрыта и больше не меняется.",
    ),
    "rating_retracted": Text("The rating was taken back.", "Оценка отозвана."),
    # Notices.
    "notice_not_waiting": Text(
        "The notice was sent, or no longer waits.",
        "Уведомление уже отправлено или больше не ждёт отправки.",
    ),
}
"""Codes of CommandRefused: a rule said no, and the facts say why. One line adds one."""

FAILURES: Final[dict[str, Text]] = {
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
    "location_required": Text("The place is missing.", "Не указано место."),
    "price_when_free": Text(
        "A free evening has no price.", "У бесплатной встречи не может быть цены."
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
    "suspended": Text("Your account is suspended.", "Ваша учётная запись приостановлена."),
    "film_not_allowed": Text(
        "Evenings for this film are not announced here.",
        "Для этого фильма встречи здесь не объявляют.",
    ),
    "own_sql_barred": Text(
        "Only ready questions are answered here.", "Здесь отвечают только на готовые вопросы."
    ),
    "not_found": Text("There is nothing here.", "Здесь ничего нет."),
    "stale_version": Text(
        "It was changed in the meantime; read it again.",
        "За это время данные изменились; прочитайте их заново.",
    ),
    "unknown_host": Text("Nobody of this name is here.", "Здесь нет никого с таким именем хоста."),
    "rate_limited": Text("Too many requests; slow down.", "Слишком много запросов; не спешите."),
    "needs_fact": Text(
        "The decision needs a fact that was not looked up.",
        "Для решения не хватает сведений.",
    ),
    "unavailable": Text(
        "Not available at the moment; try again.", "Сейчас недоступно; повторите попытку."
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
    "internal_error": Text("Something went wrong on our side.", "Ошибка на нашей стороне."),
}
"""All other codes."""

ERROR_CODES: Final[dict[str, Text]] = REFUSALS | FAILURES
"""Every stable code and its text. A code is never changed: clients branch on it."""


def describe(code: str, language: Language = DEFAULT_LANGUAGE) -> str:
    """The text for `code`; KeyError where the catalogue does not know it."""
    text = ERROR_CODES[code]
    return text.ru if language == "ru" else text.en


PROBLEM_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "instance", "code"})
"""What an error is told with (RFC 9457): no fact may have one of these names."""


class CommandError(Exception):
    """Base of all. `facts` are told to the client beside the code.

    Raises ValueError where a fact has the name of a PROBLEM_MEMBER: it would be lost.
    """

    default_code: ClassVar[str] = "internal_error"

    def __init__(self, code: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
        self.code = code or self.default_code
        self.facts: dict[str, Any] = dict(facts or {})
        if lost := PROBLEM_MEMBERS.intersection(self.facts):
            raise ValueError(f"{self.code}: facts cannot be called {sorted(lost)}")
        super().__init__(self.code, self.facts)


class Malformed(CommandError):
    default_code = "malformed_body"


class TooLarge(Malformed):
    default_code = "too_large"


class UnsupportedMediaType(Malformed):
    default_code = "unsupported_media_type"


class KeyReused(Malformed):
    default_code = "key_reused"


class Unauthenticated(CommandError):
    default_code = "unauthenticated"


class TokenExpired(Unauthenticated):
    default_code = "token_expired"


class Forbidden(CommandError):
    default_code = "forbidden"


class NotFound(CommandError):
    """Carries no facts: whatever it carried could tell hidden from absent."""

    default_code = "not_found"

    def __init__(self) -> None:
        super().__init__()


class StaleVersion(CommandError):
    default_code = "stale_version"


class UnknownHost(CommandError):
    default_code = "unknown_host"


class RateLimited(CommandError):
    """`policy` names the limit that was reached, as the `RateLimit` header does."""

    default_code = "rate_limited"

    def __init__(self, retry_after_s: int = 1, policy: str | None = None) -> None:
        facts = {"retry_after_s": retry_after_s}
        super().__init__(facts=facts if policy is None else facts | {"policy": policy})


class CommandRefused(CommandError):
    """A rule said no. `code` is one of REFUSALS, or of FAILURES where the rule needed the
    decision's own clock (`time_in_past`)."""

    def __init__(self, code: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, facts)


class NeedsFact(CommandError):
    """Look `wanted` up and decide again: a kind of fact to what it is about, for example
    `{"follows": [author_id, guest_id]}`."""

    default_code = "needs_fact"

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        super().__init__(facts=wanted)

    @property
    def wanted(self) -> dict[str, Any]:
        return self.facts


class Unavailable(CommandError):
    default_code = "unavailable"


class OutcomeUnknown(Unavailable):
    default_code = "outcome_unknown"


class NoLeader(Unavailable):
    default_code = "no_leader"


class DependencyDown(Unavailable):
    """`name` is the service that does not answer: `movies`, `auth`, `ugc`, ...

    With `maybe_done` a request reached it, and may have been carried out all the same.
    """

    default_code = "dependency_down"

    def __init__(self, name: str, *, maybe_done: bool = False) -> None:
        super().__init__(facts={"dependency": name})
        self.name = name
        self.maybe_done = maybe_done


class DependencyRefused(DependencyDown):
    """Trying again is no use: it was our request that the service did not take."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.status = status


class ProjectionBehind(Unavailable):
    """The read side stands at `position`, short of the `wanted` one."""

    default_code = "projection_behind"

    def __init__(self, wanted: int, position: int) -> None:
        super().__init__(facts={"wanted": wanted, "position": position})
