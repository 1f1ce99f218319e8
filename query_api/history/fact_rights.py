"""Lists who may read which fact of an event or a decision. Pure, and the only such list.

Nobody reads a fact that is not listed, so a new one stays secret until somebody decides whom
it concerns. The reasons are in docs/decisions/0007-who-may-read-history.md.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

FactRight = Literal["reader", "party", "guest", "place", "words", "reply", "giver", "author"]
"""The role that somebody must have to read a fact: any reader of the event (`reader`), one of the
two sides of its booking (`party`), the guest of its booking (`guest`), somebody who may see the
exact place (`place`), read the words of the rating (`words`) or the reply to it (`reply`), the one
who gave the command (`giver`), or the author of the announcement (`author`)."""


def _allow(right: FactRight, names: str) -> Iterable[tuple[str, FactRight]]:
    return ((name, right) for name in names.split())


EVENT_FACTS: Final[Mapping[str, FactRight]] = dict(
    [
        # Announcements.
        *_allow(
            "reader", "author_id movie_id movie_title movie_title_ru duration_min season episode"
        ),
        *_allow("reader", "title description visibility is_free ticket_count event_time"),
        *_allow("reader", "price_amount price_currency tz hide_location location_hint"),
        *_allow("reader", "version notify reason by"),
        *_allow("reader", "hide_guests"),
        *_allow("place", "event_location"),
        *_allow("author", "publish_to"),
        # Bookings.
        *_allow(
            "reader",
            "untold author_status guest_status taken waiting preapproved hold_until offered",
        ),
        *_allow("party", "message"),
        *_allow("guest", "clashes"),  # Other places of the guest: decision 0004.
        # Broadcasts, which only their author may read at all.
        *_allow("reader", "broadcast_id to at before_start_min reaches"),
        # Ratings.
        *_allow("reader", "review_id rater_id ratee_id role sealed_until"),
        *_allow("words", "score text tags"),
        *_allow("reader", "signed"),
        *_allow("reply", "reply"),
        # Posts. Their texts are in no history (`audit_trail`).
        *_allow("reader", "post_id writer_id reader_id position"),
        # Invite links. The id opens nothing: only the token does, and no event has it.
        *_allow("reader", "link_id uses_max expires_at waives_approval used"),
    ]
)
"""By field of an event of an announcement, a booking, a rating, a chat or an invite link."""

DECISION_FACTS: Final[Mapping[str, FactRight]] = dict(
    [
        *_allow("giver", "results"),
        *_allow("giver", "announcement_status closed_reason event_time confirmed held"),
        *_allow("giver", "booking_id state author_status guest_status why"),
        *_allow("giver", "requests waiting conflicts ticket_count"),
        *_allow("giver", "review_id closed_at limit until muted broadcast_id fields"),
        *_allow("giver", "replied_at"),
        *_allow("giver", "blocked report_id"),
        *_allow("giver", "announcement_id link_id job_id uses_max expires_at"),
    ]
)
"""By fact of an outcome (`contracts.journal.records.Outcome.facts`): what a decision rested on
or came to. Only the one who gave the command reads them, as in its answer."""


def select_allowed(
    facts: Mapping[str, Any], allowed: Mapping[str, FactRight], rights: Collection[FactRight]
) -> dict[str, Any]:
    """Return those of `facts` that somebody with these rights may read by `allowed`."""
    return {name: value for name, value in facts.items() if allowed.get(name) in rights}
