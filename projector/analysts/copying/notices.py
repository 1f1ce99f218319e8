"""Makes rows for analysts of the notifier's notices, and of clicks on links. Pure.

Analysts see who was told of which announcement, once that was sent and only of kinds that others
are told of as well. Of all other notices they see kind, day and what became of them: that a notice
was not sent may show whom somebody mutes or blocks, or what they have switched off.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from contracts.notices import Kind
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
SHOWN_KINDS: Final[frozenset[Kind]] = frozenset(
    {
        "announce_new",
        "announce_put",
        "announce_delete",
        "announce_done",
        "booking_new",
        "booking_status",
        "booking_unanswered",
        "host_message",
        "remind_day",
        "remind_hour",
        "score_request",
        "score_revealed",
    }
)
"""Kinds of which analysts see to whom they went. Plans, chats, erasures and reports are nobody
else's business."""
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


def notice_row(notice: Mapping[str, Any], version: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """Return the row of a notice, by column name of `notifier.notices_to_copy`."""
    sent = notice["state"] == SENT
    shown = sent and notice["kind"] in SHOWN_KINDS
    day = day_of(notice["happened_at"])
    # The exact time would lead to the event, and thereby to the announcement.
    from_ms = 0 if sent else to_ms(datetime.combine(day, time(), UTC))
    return (
        pseudonyms.replace(f"notice:{notice['key']}"),
        version,
        (notice["seq"] or 0) if shown else 0,
        notice["kind"],
        *(
            pseudonyms.replace(str(notice[name])) if shown and notice[name] else ""
            for name in ("recipient", "announcement_id", "booking_id")
        ),
        int(notice["receipt"]),
        from_ms or to_ms(notice["happened_at"]),
        day,
        from_ms or to_ms(notice["due_at"]),
        to_ms(notice["sent_at"]) if sent and notice["sent_at"] else 0,
        notice["state"],
        notice["reason"] if notice["reason"] in SHOWN_REASONS else "",
        notice["attempts"],
    )


def click_row(click: Mapping[str, Any], _version: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """Return the row of a click, by column name of `notifier.clicks_to_copy`."""
    return (
        click["id"],
        pseudonyms.replace(str(click["announcement_id"])),
        to_ms(click["clicked_at"]),
        day_of(click["clicked_at"]),
    )
