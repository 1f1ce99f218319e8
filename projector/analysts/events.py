"""Table `events` of the analysts' database: what happened, without words and with pseudonyms.

A column that is not named here is shown to no analyst.
"""

from collections.abc import Mapping
from typing import Any, Final, get_args

from contracts.events.announcement import CloseReason, ReopenReason
from contracts.events.booking import ReleaseReason
from contracts.events.rating import RevealReason
from projector.analysts.rows import SHOWN_AS, choose_columns
from projector.history.events import (
    FIELD_COLUMNS,
    PRIVATE,
    RecordedEvent,
    read_columns,
)
from projector.history.rows import Rows
from projector.history.values import Fields, get_text
from runtime.pseudonyms import Pseudonyms

EVENT_COLUMNS: Final = (
    "seq",
    "event_index",
    "at_ms",
    "day",
    "type",
    "type_version",
    "actor",
    "command",
    "announcement_id",
    "author_id",
    "person_id",
    "booking_id",
    "author_status",
    "guest_status",
    "taken",
    "waiting",
    "reason",
    "hold_until_ms",
    "movie_id",
    "movie_title",
    "movie_title_ru",
    "duration_min",
    "ticket_count",
    "event_time_ms",
    "tz",
    "visibility",
    "is_free",
    "price_amount",
    "price_currency",
)

FAMILIES: Final = frozenset({"announcement", "booking", "invite_link", "person", "rating"})
"""First parts of the types that are in the table. Who writes in which chat is nobody's business."""

REASON_CODES: Final[Mapping[str, frozenset[str]]] = {
    "announcement.closed": frozenset(get_args(CloseReason)),
    "announcement.reopened": frozenset(get_args(ReopenReason)),
    "booking.released": frozenset(get_args(ReleaseReason)),
    "rating.revealed": frozenset(get_args(RevealReason)),
}
"""The reasons that are codes of the system, by type. All others are somebody's words."""


def is_for_analysts(event_type: str) -> bool:
    """Return whether events of this type, without its version, are in the table. What people
    have done about an erasure is not."""
    family = event_type.partition(".")[0]
    erasure = event_type.startswith("person.eras")
    return family in FAMILIES and event_type not in PRIVATE and not erasure


def add_event(rows: Rows, event: RecordedEvent, pseudonyms: Pseudonyms) -> None:
    """Add the event's row if analysts may know of events of its type."""
    if not is_for_analysts(event.type):
        return
    values = dict(zip(FIELD_COLUMNS, read_columns(event), strict=True))
    values["command"] = SHOWN_AS.get(event.command, event.command)
    values["reason"] = _get_reason_code(event)
    is_announcement = event.type.startswith("announcement.")
    values["tz"] = get_text(event.fields, "tz") if is_announcement else ""
    values["price_amount"] = _get_amount(event.fields)
    values["price_currency"] = get_text(event.fields, "price_currency")
    rows.add(choose_columns(EVENT_COLUMNS, values, pseudonyms))


def _get_reason_code(event: RecordedEvent) -> str:
    """Return the reason if it is a code; an empty text otherwise."""
    reason = get_text(event.fields, "reason")
    return reason if reason in REASON_CODES.get(event.type, ()) else ""


def _get_amount(fields: Fields) -> float | None:
    """Return the price; None if it is absent or not a number."""
    amount: Any = fields.get("price_amount")
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    return float(amount) if is_number else None
