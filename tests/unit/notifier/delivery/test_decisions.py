"""When a notice goes, when it waits, and when nobody wants it any more."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.delivery.decisions import (
    Recipient,
    end_if_too_late,
    erase_begun,
    hold_back,
)
from notifier.delivery.leases import DeliveryContext, LeasedNotice
from notifier.delivery.preferences import Preferences, quiet_until
from runtime.outside.ports import PersonProfile
from tests.histories.notifier_events import announcement, person

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Preferences(quiet_from=time(22), quiet_to=time(8))
NOW = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)  # 23:30 in Berlin.


def taken(**fields: Any) -> LeasedNotice:
    given: dict[str, Any] = {
        "id": 1,
        "key": "k",
        "recipient": person("anna"),
        "kind": "booking_new",
        "announcement_id": announcement(),
        "booking_id": None,
        "receipt": False,
        "facts": {},
        "happened_at": NOW,
        "event_time": None,
        "due_at": NOW,
        "expires_at": NOW + timedelta(days=3),
        "attempts": 1,
        "reason": None,
    }
    return LeasedNotice(**given | fields)


def anna(wishes: Preferences) -> Recipient:
    return Recipient(PersonProfile(person("anna"), "Anna", "en", "Europe/Berlin"), wishes)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-05T20:59", None),  # 21:59
        ("2026-03-05T21:00", "2026-03-06T07:00"),
        ("2026-03-06T06:59", "2026-03-06T07:00"),
        ("2026-03-06T07:00", None),
        ("2026-03-28T22:00", "2026-03-29T06:00"),  # The night that lost an hour.
        ("2026-10-24T21:00", "2026-10-25T07:00"),  # The night that got one.
    ],
)
def test_quiet_hours_end_by_the_persons_own_clock(now: str, until: str | None) -> None:
    found = quiet_until(NIGHT, BERLIN, datetime.fromisoformat(now + "+00:00"))
    assert found == (until and datetime.fromisoformat(until + "+00:00"))


@pytest.mark.parametrize("night", ["2026-03-28T22:00", "2026-10-24T22:00"])
@pytest.mark.parametrize("end", [time(2, 30), time(3), time(3, 30)])
def test_quiet_hours_always_end_in_the_future(night: str, end: time) -> None:
    """Also where the wall clock shows the end twice, or never."""
    wishes = Preferences(quiet_from=time(22), quiet_to=end)
    for minutes in range(0, 6 * 60, 7):
        now = datetime.fromisoformat(night + "+00:00") + timedelta(minutes=minutes)
        until = quiet_until(wishes, BERLIN, now)
        assert until is None or now < until <= now + timedelta(hours=7)


def test_quiet_hours_may_lie_within_a_day_and_may_be_none() -> None:
    nap = Preferences(quiet_from=time(13), quiet_to=time(15))
    noon = datetime(2026, 3, 5, 13, 30, tzinfo=UTC)  # 14:30 in Berlin.
    assert quiet_until(nap, BERLIN, noon) == datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
    assert quiet_until(nap, BERLIN, NOW) is None
    assert quiet_until(Preferences(), BERLIN, NOW) is None


def test_in_quiet_hours_a_notice_waits_untried() -> None:
    result = hold_back(taken(), anna(NIGHT), NOW)
    assert result is not None
    assert (result.state, result.untried) == ("waiting", True)
    assert result.try_at == datetime(2026, 3, 6, 7, 0, tzinfo=UTC)


def test_a_cancellation_and_a_reminder_that_cannot_wait_break_the_quiet() -> None:
    assert hold_back(taken(kind="announce_delete"), anna(NIGHT), NOW) is None
    soon = taken(kind="remind_hour", event_time=NOW, expires_at=NOW + timedelta(minutes=45))
    assert hold_back(soon, anna(NIGHT), NOW) is None
    day = taken(kind="remind_day", event_time=NOW, expires_at=NOW + timedelta(hours=12))
    assert hold_back(day, anna(NIGHT), NOW) is not None


def test_what_is_switched_off_is_skipped_and_so_are_receipts() -> None:
    off = hold_back(taken(), anna(Preferences(off=("booking_new",))), NOW)
    assert off is not None
    assert (off.state, off.reason) == ("skipped", "switched_off")
    quiet = anna(Preferences(receipts=False))
    receipt = hold_back(taken(receipt=True), quiet, NOW)
    assert receipt is not None
    assert (receipt.state, receipt.reason) == ("skipped", "receipts_off")
    assert hold_back(taken(), quiet, NOW) is None


def test_wishes_for_language_and_zone_win() -> None:
    assert anna(Preferences()).addressee == (person("anna"), "en", BERLIN)
    wished = anna(Preferences(language="ru", tz="Asia/Tokyo")).addressee
    assert wished == (person("anna"), "ru", ZoneInfo("Asia/Tokyo"))


def test_too_late_is_skipped_and_undeliverable_is_parked() -> None:
    over = NOW + timedelta(days=3)
    assert end_if_too_late(taken(), over - timedelta(seconds=1)) is None
    skipped = end_if_too_late(taken(), over)
    assert skipped is not None
    assert (skipped.state, skipped.reason) == ("skipped", "too_late")
    parked = end_if_too_late(taken(reason="notification does not answer"), over)
    assert parked is not None
    assert (parked.state, parked.reason) == ("parked", "notification does not answer")
    reminder = end_if_too_late(taken(event_time=NOW, reason="notification does not answer"), over)
    assert reminder is not None
    assert (reminder.state, reminder.reason) == ("skipped", "too_late")


def test_what_an_erasure_has_not_come_to_yet_is_not_told_all_the_same() -> None:
    facts = {"author_id": person("host"), "title": "Together"}
    waiting = taken(id=7, facts=facts)
    begun = erase_begun(waiting, {person("host"): 7})
    assert begun.facts["title"] == "[erased]"
    assert erase_begun(waiting, {person("host"): 6}) is waiting, "it was planned afterwards"
    assert erase_begun(waiting, {person("boris"): 7}) is waiting


def test_an_erased_person_gets_nothing_that_was_planned_before_or_while_they_are_away() -> None:
    def context(**fields: Any) -> DeliveryContext:
        return DeliveryContext({}, {}, **fields)

    assert context(erased=frozenset({person("anna")})).is_erased_for(taken(id=7))
    assert context(erasures={person("anna"): 7}).is_erased_for(taken(id=7))
    assert not context(erasures={person("anna"): 6}).is_erased_for(taken(id=7))
    assert not context(erased=frozenset({person("boris")})).is_erased_for(taken(id=7))


def test_nobody_can_switch_off_what_concerns_their_own_data() -> None:
    notice = taken(kind="erasure_confirmed", receipt=True)
    wishes = Preferences(
        off=("erasure_confirmed",), receipts=False, quiet_from=time(22), quiet_to=time(8)
    )
    assert hold_back(notice, anna(wishes), NOW) is None
