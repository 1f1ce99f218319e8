"""Which facts of an event or a decision are told to whom: the one allow-list. Pure.

A fact that is not listed is told to nobody, so a new one is secret until somebody decides
whom it concerns. Why it is so: docs/decisions/0007-who-may-read-history.md.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

Share = Literal["told", "party", "guest", "place", "words", "giver"]
"""What a reader has to be for a fact: whoever is told of the event at all, one of the two
sides of its booking, the guest of it, somebody who may see the exact place, somebody who may
read the review, or the one who gave the command."""


def _of(share: Share, names: str) -> Iterable[tuple[str, Share]]:
    return ((name, share) for name in names.split())


EVENT_FACTS: Final[Mapping[str, Share]] = dict(
    [
        # Evenings.
        *_of("told", "author_id movie_id movie_title movie_title_ru duration_min"),
        *_of("told", "title description visibility is_free ticket_count event_time"),
        *_of("told", "price_amount price_currency tz hide_location location_hint"),
        *_of("told", "version reason by"),
        *_of("place", "event_location"),
        # Bookings.
        *_of(
            "told", "untold author_status guest_status taken waiting preapproved hold_until offered"
        ),
        *_of("party", "message"),
        *_of("guest", "clashes"),  # Where else a guest is expected: decision 0004.
        # Ratings.
        *_of("told", "review_id rater_id ratee_id role sealed_until"),
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
"""What decisions rested on or came to (`contracts.journal.records.Outcome.facts`). They are told to
who gave the command, who was told them at once; to nobody else, the other side included."""


def told_only(
    facts: Mapping[str, Any], allowed: Mapping[str, Share], shares: Collection[Share]
) -> dict[str, Any]:
    """Those of `facts` that a reader with these shares is told."""
    return {name: value for name, value in facts.items() if allowed.get(name) in shares}
