"""Makes rows for analysts of the notifier's notices, and of clicks on links. Pure.

Analysts know every event, and so whom an event is told to as a rule. If they saw who *was* told,
the others would be those who mute, block, or have switched something off. So a notice names
neither person nor event, but for what followers are told of a new announcement: who follows is in
no event. Of all others analysts see kind, day, what became of them, and how late they went.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from contracts.values.times import to_ms
from projector.history.values import day_of
from runtime.pseudonyms import Pseudonyms

NOTICE_COLUMNS: Final = (
    "notice_id",
    "version",
    "seq",
    "kind",
    "recipient_id",
    "announcement_id",
    "booking_id",
    "receipt",
    "at_ms",
    "day",
    "due_at_ms",
    "sent_at_ms",
    "state",
    "reason",
    "attempts",
)
CLICK_COLUMNS: Final = ("click_id", "announcement_id", "at_ms", "day")

SENT: Final = "sent"
_HIDDEN_BITS: Final = 80
"""The number of the 128 bits of a pseudonym that are left out. The others begin the versions of
a notice."""
SHOWN_REASONS: Final = frozenset(
    {
        "answered",
        "by_operator",
        "cancelled",
        "internal_error",
        "moved",
        "no_follower",
        "not_coming",
        "not_for_followers",
        "not_invited",
        "not_involved",
        "not_open",
        "nothing_fits",
        "over",
        "read",
        "receipts_off",
        "switched_off",
        "too_late",
        "unknown_person",
    }
)
"""Codes that are shown. Others are mutes, blocks and erasures, or say which service was away."""


def shows_recipient(notice: Mapping[str, Any]) -> bool:
    """Return whether the row of the notice names the person who was told."""
    return _is_sent(notice) and bool(notice["for_followers"])


def notice_id(notice: Mapping[str, Any], pseudonyms: Pseudonyms) -> str:
    """Return the id of the copy of a notice."""
    return pseudonyms.replace(f"notice:{notice['key']}")


def notice_row(notice: Mapping[str, Any], step: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """Return the row of a notice, by column name of `notifier.notices_to_copy`, as this step of
    the copier has found it."""
    sent, shown = _is_sent(notice), shows_recipient(notice)
    return (
        notice_id(notice, pseudonyms),
        _version(notice["key"], step, pseudonyms),
        (notice["seq"] or 0) if shown else 0,
        notice["kind"],
        *(
            pseudonyms.replace(str(notice[name])) if shown and notice[name] else ""
            for name in ("recipient", "announcement_id", "booking_id")
        ),
        int(notice["receipt"]),
        *(_moments(notice) if shown else _moments_of_day(notice, sent=sent)),
        notice["state"],
        notice["reason"] if notice["reason"] in SHOWN_REASONS else "",
        notice["attempts"],
    )


def _is_sent(notice: Mapping[str, Any]) -> bool:
    return notice["state"] == SENT and notice["sent_at"] is not None


def _moments(notice: Mapping[str, Any]) -> tuple[int, date, int, int]:
    """Return when it happened, on which day, when the notice was due and when it was sent."""
    happened_at = notice["happened_at"]
    return (
        to_ms(happened_at),
        day_of(happened_at),
        to_ms(notice["due_at"]),
        to_ms(notice["sent_at"]),
    )


def _moments_of_day(notice: Mapping[str, Any], *, sent: bool) -> tuple[int, date, int, int]:
    """Return the same as if all had been due as the day began. The exact time would lead to the
    event, and so would the time between the event and a reminder."""
    day = day_of(notice["happened_at"])
    begin_ms = to_ms(datetime.combine(day, time(), UTC))
    if not sent:
        return begin_ms, day, begin_ms, 0
    due_ms = to_ms(max(notice["due_at"], notice["happened_at"]))
    return begin_ms, day, begin_ms, begin_ms + max(0, to_ms(notice["sent_at"]) - due_ms)


def _version(key: str, step: int, pseudonyms: Pseudonyms) -> int:
    """Return a number that grows with the steps of one notice. It does not tell the step: the order
    in which notices were copied would lead to their events."""
    begin = UUID(pseudonyms.replace(f"version:{key}")).int >> _HIDDEN_BITS
    return begin + step


def click_row(click: Mapping[str, Any], _version: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """Return the row of a click, by column name of `notifier.clicks_to_copy`."""
    return (
        click["id"],
        pseudonyms.replace(str(click["announcement_id"])),
        to_ms(click["clicked_at"]),
        day_of(click["clicked_at"]),
    )
