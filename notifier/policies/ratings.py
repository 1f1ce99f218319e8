"""Whom to tell when a rating is given or revealed (§3.3, A28, A32)."""

from collections.abc import Iterator
from typing import Final

from contracts.events.rating import RatingGiven, RatingRevealed
from notifier.policies.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import announcement_facts
from notifier.policies.policy import AnnouncementView, GuestsView, NoticePolicy


def stop_asking(event: RatingGiven, _occasion: Occasion, view: GuestsView) -> Iterator[Effect]:
    """Ask nobody who has rated. A guest rates the author alone, the author all the guests."""
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
