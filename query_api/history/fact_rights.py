"""Says who may read which fact of an event or a decision: the only allow-list. Pure.

Nobody reads a fact that is not listed, so a new one stays secret until somebody decides whom
it concerns. The reasons are in docs/decisions/0007-who-may-read-history.md.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

Share = Literal["reader", "party", "guest", "place", "words", "giver"]
"""What somebody must be to read a fact: any reader of the event, one of the two sides of its
booking, its guest, somebody who may see the exact place, somebody who may read the words of the
rating, or the one who gave the command."""


def _of(share: Share, names: str) -> Iterable[tuple[str, Share]]:
    return ((name, share) for name in names.split())


EVENT_FACTS: Final[Mapping[str, Share]] = dict(
    [
        # Announcements.
        *_of("reader", "author_id movie_id movie_title movie_title_ru duration_min"),
        *_of("reader", "title description visibility is_free ticket_count event_time"),
        *_of("reader", "price_amount price_currency tz hide_location location_hint"),
        *_of("reader", "version reason by"),
        *_of("place", "event_location"),
        # Bookings.
        *_of(
            "reader",
            "untold author_status guest_status taken waiting preapproved hold_until offered",
        ),
        *_of("party", "message"),
        *_of("guest", "clashes"),  # Other places of the guest: decision 0004.
        # Ratings.
        *_of("reader", "review_id rater_id ratee_id role sealed_until"),
        *_of("words", "score text tags"),
    ]
)
"""Fields of events of announcements, bookings and ratings."""

DECISION_FACTS: Final[Mapping[str, Share]] = dict(
    [
        *_of("giver", "results"),
        *_of("giver", "announcement_status closed_reason event_time confirmed held"),
        *_of("giver", "booking_id state author_status guest_status why"),
        *_of("giver", "requests waiting conflicts ticket_count"),
        *_of("giver", "review_id closed_at limit until muted"),
    ]
)
"""Facts that decisions rested on, and their results: `contracts.journal.records.Outcome.facts`.
Only the one who gave the command reads them, as in the answer to it; the other side does not."""


def select_allowed(
    facts: Mapping[str, Any], allowed: Mapping[str, Share], shares: Collection[Share]
) -> dict[str, Any]:
    """Return those of `facts` that somebody with these shares may read."""
    return {name: value for name, value in facts.items() if allowed.get(name) in shares}
