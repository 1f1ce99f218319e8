"""What people read: in their language, in their zone, with the right names and plurals."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import pytest

from contracts.events.booking import (
    AnyBookingEvent,
    BookingInvited,
    BookingOffered,
    BookingRevoked,
    BookingWithdrawn,
)
from contracts.notice_reasons import REASONS
from contracts.notices import Kind
from contracts.recipients import BY_PARTY, BY_SYSTEM, QUEUED, SEAT_MAY_BE_LOST, SEAT_REVOKED
from contracts.values.languages import Language
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
from notifier.texts.phrases import PLURALS
from notifier.texts.render import Addressee, NoticeText, render
from notifier.texts.wording import WORDINGS
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    booking,
    created,
    edited,
    person,
    published,
)
from tests.unit.notifier.folded import Folded

NAMES: Final[dict[str, str]] = {person("host"): "Ольга", person("boris"): "Борис"}
HOLD: Final = BEGIN + timedelta(hours=12)
NOW: Final = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
FACTS: Final[dict[str, Any]] = {
    "title": "Вместе",
    "film": "Solaris",
    "film_ru": "Солярис",
    "event_time": "2026-03-05T16:00:00+00:00",
    "author_id": person("host"),
}
SEAT_OFFERED: Final[dict[str, Any]] = {
    "what": "offered",
    "guest_id": person("boris"),
    "hold_until": "2026-03-05T15:30:00+00:00",
}


def reader(name: str, language: Language = "ru", tz: str = "Europe/Moscow") -> Addressee:
    return Addressee(person(name), language, ZoneInfo(tz))


def read(kind: Kind, reader: Addressee, now: datetime = NOW, **facts: Any) -> NoticeText:
    return render(kind, FACTS | facts, reader, NAMES, now)


def test_the_time_is_told_in_the_zone_of_the_evening_wherever_its_reader_is() -> None:
    told = read("announce_new", reader("fan", tz="America/New_York"), tz="Asia/Tokyo")
    assert "пятница, 6 марта 2026, 01:00 (Токио, GMT+9)" in told.text
    held = read("booking_status", reader("boris", "en"), tz="Asia/Tokyo", **SEAT_OFFERED)
    assert "Friday, 6 March 2026, 00:30 (Tokyo, GMT+9)" in held.text


def test_a_digest_tells_each_evening_in_its_own_zone() -> None:
    evening = {name: FACTS[name] for name in ("film", "film_ru", "event_time")}
    evenings = [evening | {"link": "/a", "tz": "Asia/Tokyo"}, evening | {"link": "/b"}]
    told = read("plan_match", reader("fan", "en"), evenings=evenings).text
    assert "6 March 2026, 01:00 (Tokyo, GMT+9). /a" in told
    assert "5 March 2026, 19:00 (Moscow, GMT+3). /b" in told


def test_the_time_of_an_evening_without_a_zone_is_told_in_the_readers() -> None:
    in_moscow = read("announce_new", reader("fan"))
    in_new_york = read("announce_new", reader("fan", "en", "America/New_York"))
    assert "четверг, 5 марта 2026, 19:00 (Москва, GMT+3)" in in_moscow.text
    assert "Thursday, 5 March 2026, 11:00 (New York, GMT-5)" in in_new_york.text
    assert (in_moscow.title, in_new_york.title) == (
        "Новая встреча: Солярис",
        "New film evening: Solaris",
    )


@pytest.mark.parametrize(
    ("day", "shown"),
    [("2026-03-28", "20:00 (Берлин, GMT+1)"), ("2026-03-29", "21:00 (Берлин, GMT+2)")],
)
def test_the_night_in_which_clocks_change_lies_between_two_offsets(day: str, shown: str) -> None:
    message = read(
        "announce_new", reader("fan", tz="Europe/Berlin"), event_time=f"{day}T19:00:00+00:00"
    )
    assert shown in message.text


@pytest.mark.parametrize(
    ("hours", "ru", "en"),
    [
        (1, "через 1 час:", "in 1 hour:"),
        (2, "через 2 часа:", "in 2 hours:"),
        (5, "через 5 часов:", "in 5 hours:"),
        (11, "через 11 часов:", "in 11 hours:"),
        (21, "через 21 час:", "in 21 hours:"),
        (24, "через 24 часа:", "in 24 hours:"),
        (0.35, "через 21 минуту:", "in 21 minutes:"),
        (0.55, "через 33 минуты:", "in 33 minutes:"),
        (0.75, "через 45 минут:", "in 45 minutes:"),
    ],
)
def test_plurals_are_right(hours: float, ru: str, en: str) -> None:
    now = datetime(2026, 3, 5, 16, 0, tzinfo=UTC) - timedelta(hours=hours)
    assert ru in read("remind_day", reader("anna"), now).text
    assert en in read("remind_day", reader("anna", "en"), now).text


def test_every_plural_has_all_forms_of_its_language() -> None:
    for forms in PLURALS.values():
        assert set(forms["ru"]) == {"one", "few", "many", "other"}
        assert set(forms["en"]) == {"one", "other"}


def test_d16_the_author_reads_the_name_of_the_guest_who_withdrew() -> None:
    """D16: the author was told that they themselves had left."""
    history = NotifierHistory()
    history.tell(created(), published())
    history.tell(booking(BookingWithdrawn, "boris", (None, False)), by="boris")
    (row,) = [
        row
        for row in Folded(history.commits).rows("booking_status")
        if row.recipient == person("host")
    ]
    message = render("booking_status", row.facts, reader("host"), NAMES, NOW)
    assert "Борис" in message.title
    assert "Ольга" not in message.title + message.text


def test_the_two_sides_read_two_texts() -> None:
    facts: dict[str, Any] = {"what": "requested", "guest_id": person("boris")}
    assert read("booking_new", reader("host"), **facts).title == "Борис хочет прийти"
    assert read("booking_new", reader("boris"), **facts).title == "Ваша заявка отправлена"


def test_a_change_shows_each_field_before_and_after() -> None:
    history = NotifierHistory()
    history.tell(created(hide_location=True), published())
    history.tell(
        edited(
            description="Чай есть",
            title="Снова вместе",
            ticket_count=2,
            is_free=False,
            price_amount=300.0,
            price_currency="RUB",
            location_hint="Два звонка",
            visibility="subscribers",
            event_time=datetime(2026, 3, 6, 17, 0, tzinfo=UTC),
        )
    )
    (row,) = Folded(history.commits).rows("announce_put")
    text = render("announce_put", row.facts, reader("host"), NAMES, NOW).text
    assert text.splitlines()[1:] == [
        "Название: Together → Снова вместе",
        "Описание: не указано → Чай есть",
        "Когда: четверг, 5 марта 2026, 19:00 (Москва, GMT+3)"
        " → пятница, 6 марта 2026, 20:00 (Москва, GMT+3)",
        "Ориентир: не указано → Два звонка",
        "Места: 5 → 2",
        "Для кого: для всех → для подписчиков",
        "Цена: бесплатно → 300\N{NO-BREAK SPACE}₽",
    ]
    hidden = read("announce_put", reader("boris"), diff={"event_location": {"hidden": True}})
    assert "Где: изменилось; адрес увидят подтверждённые гости" in hidden.text


def priced(amount: float | None, currency: str | None = "EUR") -> dict[str, Any]:
    return {"is_free": False, "price_amount": amount, "price_currency": currency}


FREE: Final = {"is_free": True, "price_amount": None, "price_currency": None}


@pytest.mark.parametrize(
    ("old", "new", "en", "ru"),
    [
        (priced(12.5), FREE, "€12.50 → free", "12,50 € → бесплатно"),
        (priced(12.5), priced(15), "€12.50 → €15", "12,50 € → 15 €"),
        (priced(2, "USD"), priced(1500, "RUB"), "$2 → RUB 1,500", "2 $ → 1 500 ₽"),
        (FREE, priced(0.5, "GEL"), "free → GEL 0.50", "бесплатно → 0,50 GEL"),
        (FREE, priced(None, None), "free → paid", "бесплатно → платно"),
    ],
)
def test_a_change_of_the_price_is_one_line(
    old: dict[str, Any], new: dict[str, Any], en: str, ru: str
) -> None:
    history = NotifierHistory()
    history.tell(created(**old), published())
    history.tell(edited(**{name: one for name, one in new.items() if one != old[name]}))
    (row,) = Folded(history.commits).rows("announce_put")
    for one, line in ((reader("host", "en"), f"Price: {en}"), (reader("host"), f"Цена: {ru}")):
        told = render("announce_put", row.facts, one, NAMES, NOW)
        assert told.text.replace("\N{NO-BREAK SPACE}", " ").splitlines()[1:] == [line]


def test_a_change_of_the_price_that_an_earlier_version_planned_is_told() -> None:
    change = {"is_free": {"old": False, "new": True}, "price_amount": {"old": 12.5, "new": None}}
    assert "Цена: 12,50 → бесплатно" in read("announce_put", reader("boris"), diff=change).text


def test_overlaps_are_named_and_counted_if_one_may_not_be() -> None:
    evening = {name: FACTS[name] for name in ("film", "film_ru", "event_time")}
    facts: dict[str, Any] = {"what": "unsettled", "guest_id": person("boris")}
    facts |= {"clashes": ["a"], "overlaps": [evening | {"tz": "Asia/Tokyo"}]}
    told = read("booking_status", reader("boris", "en"), **facts).text.splitlines()[1:]
    when = "Friday, 6 March 2026, 01:00 (Tokyo, GMT+9)"
    assert told == [f"Overlaps another evening of yours: Solaris: {when}."]
    counted = read("booking_status", reader("boris"), **facts | {"clashes": ["a", "b"]}).text
    assert "Пересечений: 2.\nПересекается с другой вашей встречей: Солярис: " in counted


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Cancelled: [erased]"), ("ru", "Встреча отменена: [удалено]")],
)
def test_what_stands_for_erased_words_is_in_the_language_of_the_reader(
    language: Language, told: str
) -> None:
    assert read("announce_delete", reader("boris", language), title=ERASED_TEXT).title == told
    facts: dict[str, Any] = {"what": "requested", "guest_id": person("boris")}
    names: dict[str, str] = {person("boris"): ERASED_NAME}
    title = render("booking_new", FACTS | facts, reader("host", language), names, NOW).title
    stand_in = {"en": "erased person wants", "ru": "удалённый пользователь хочет"}
    assert title.startswith(stand_in[language])


def test_reasons_of_the_system_are_told_in_words_and_those_of_people_as_they_are() -> None:
    facts: dict[str, Any] = {"what": "released", "guest_id": person("boris")}
    for of_the_system in ("system_reason", "reason"):  # As an earlier version stored it.
        told = read("booking_status", reader("boris"), **(facts | {of_the_system: "superseded"}))
        assert "Причина: подтверждена другая встреча на это время." in told.text
    facts["what"] = "rejected"
    told = read("booking_status", reader("boris"), reason="superseded", **facts)
    assert "Названная причина: «superseded»." in told.text
    told = read("announce_delete", reader("boris"), reason="superseded", by="author")
    assert "Названная причина: «superseded»." in told.text
    told = read("announce_delete", reader("boris", "en"), reason="{ill}", by="operator")
    assert told.text.splitlines()[1:] == ['Reason given: "{ill}".', "Cancelled by an operator."]


def test_there_are_words_for_everything_that_policies_tell() -> None:
    needed = {kind for kind in get_args(Kind) if not kind.startswith(("booking_", "score_rev"))}
    needed |= {"announce_new.invited", "score_request.again", "booking_status.seat_freed.author"}
    needed |= {"score_revealed.author", "score_revealed.guest"}
    needed |= {"booking_unanswered.closed.guest", "booking_unanswered.begun.guest"}
    needed |= {"erasure_requested.by_operator", "erasure_confirmed.by_operator"}
    needed |= {"text_hidden.evening.guest", "text_hidden.review.guest"}
    for kind, what in (
        *BY_PARTY.values(),
        ("booking_new", QUEUED),
        ("booking_status", SEAT_REVOKED),
    ):
        needed |= {f"{kind}.{what}.author", f"{kind}.{what}.guest"}
    for event, what in BY_SYSTEM.items():
        needed.add(f"booking_status.{what}.guest")
        if event in SEAT_MAY_BE_LOST:
            needed.add(f"booking_status.{what}.author")
    assert needed == set(WORDINGS)


def test_what_is_said_of_a_booking_to_each_side_has_a_reason_for_that_side() -> None:
    of_bookings = {key for key in WORDINGS if key.startswith(("booking_new", "booking_status"))}
    assert {key.replace(".author", ".host") for key in of_bookings} <= set(REASONS)


@pytest.mark.parametrize("answer", ["accepted", "declined", "seat_revoked"])
@pytest.mark.parametrize("side", ["author", "guest"])
def test_an_answer_to_an_offered_seat_is_not_called_one_to_an_invitation(
    answer: str, side: str
) -> None:
    """They are the same events: who is offered a seat was never invited."""
    for text in WORDINGS[f"booking_status.{answer}.{side}"]:
        assert "invit" not in text.en
        assert "приглаш" not in text.ru.lower()


@pytest.mark.parametrize(
    ("before", "en", "ru"),
    [
        (booking(BookingInvited, "boris", (True, None)), "the invitation", "приглашение"),
        (booking(BookingInvited, "boris", (True, None), hold_until=HOLD), "the seat", "место"),
        (booking(BookingOffered, "boris", (True, None), hold_until=HOLD), "the seat", "место"),
    ],
)
def test_whoever_loses_an_invitation_or_a_held_seat_is_told_which(
    before: AnyBookingEvent, en: str, ru: str
) -> None:
    history = NotifierHistory()
    history.tell(created(), published(), before)
    history.tell(booking(BookingRevoked, "boris", (False, None)), by="host")
    rows = Folded(history.commits).rows("booking_status")
    facts = [row.facts for row in rows if row.recipient == person("boris")][-1]
    in_english = render("booking_status", facts, reader("boris", "en"), NAMES, NOW)
    assert f"has taken back {en}" in in_english.text
    in_russian = render("booking_status", facts, reader("boris"), NAMES, NOW)
    assert f"отзывает {ru}" in in_russian.text


@pytest.mark.parametrize("key", WORDINGS)
def test_every_wording_speaks_both_languages(key: str) -> None:
    for text in WORDINGS[key]:
        assert text.en
        assert any("а" <= letter <= "я" for letter in text.ru.lower())
