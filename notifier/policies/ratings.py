"""Decides whom to tell that ratings are revealed, and whom no longer to ask for one.

The rules are in docs/requirements.md, §3.3, A28 and A32.
"""

from collections.abc import Iterator
from typing import Final

from contracts.events.rating import RatingGiven, RatingRevealed
from notifier.policies.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import announcement_facts
from notifier.policies.policy import AnnouncementView, GuestsView, NoticePolicy


def stop_asking(event: RatingGiven, _occasion: Occasion, view: GuestsView) -> Iterator[Effect]:
    """Withdraw the requests to rate from somebody who has rated everybody they may. A guest
    rates the author alone, the author all confirmed guests."""
    announcement = view.announcement
    if event.rater_id == announcement.author_id:
        rated = {*announcement.rated_guests, event.ratee_id}
        if {one.guest_id for one in view.confirmed()} - rated:
            return
    yield Withdraw(
        event.announcement_id,
        ("announce_done", "score_request"),
        "rated",
        frozenset({event.rater_id}),
    )


def tell_revealed_ratings(
    event: RatingRevealed, occasion: Occasion, view: AnnouncementView
) -> Iterator[Effect]:
    """Tell both sides once, even if both their ratings are revealed by the same command."""
    pair = {event.rater_id, event.ratee_id}
    for earlier in occasion.together[: occasion.place]:
        if isinstance(earlier, RatingRevealed) and {earlier.rater_id, earlier.ratee_id} == pair:
            return
    announcement = view.announcement
    (guest_id,) = pair - {announcement.author_id}
    for recipient in (announcement.author_id, guest_id):
        yield Tell(
            kind="score_revealed",
            recipient=recipient,
            announcement_id=event.announcement_id,
            facts=announcement_facts(announcement) | {"guest_id": guest_id},
        )


POLICIES: Final = (
    NoticePolicy(RatingGiven, GuestsView, stop_asking),
    NoticePolicy(RatingRevealed, AnnouncementView, tell_revealed_ratings),
)
