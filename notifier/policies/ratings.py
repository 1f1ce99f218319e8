"""Who has rated is not asked again; what was sealed is announced to both (§3.3, A28, A32)."""

from collections.abc import Iterator

from contracts.events.rating import RatingGiven, RatingRevealed
from notifier.effects import Effect, Occasion, Tell, Withdraw
from notifier.policies.facts import about
from notifier.world import World


def given(event: RatingGiven, world: World) -> Iterator[Effect]:
    """A guest rates the host alone; the host is done with the last of the guests."""
    evening = world.evening(event.announcement_id)
    if event.rater_id == evening.author_id:
        rated = {*evening.rated_guests, event.ratee_id}
        guests = {one.guest_id for one in world.confirmed(event.announcement_id)}
        if guests - rated:
            return
    yield Withdraw(
        event.announcement_id,
        ("announce_done", "score_request"),
        "rated",
        frozenset({event.rater_id}),
    )


def revealed(event: RatingRevealed, occasion: Occasion, world: World) -> Iterator[Effect]:
    """Both are told once, also where the reviews of both are revealed in the same breath."""
    pair = {event.rater_id, event.ratee_id}
    for earlier in occasion.together[: occasion.place]:
        if isinstance(earlier, RatingRevealed) and {earlier.rater_id, earlier.ratee_id} == pair:
            return
    evening = world.evening(event.announcement_id)
    (guest_id,) = pair - {evening.author_id}
    for recipient in (evening.author_id, guest_id):
        yield Tell(
            kind="score_revealed",
            recipient=recipient,
            announcement_id=event.announcement_id,
            facts=about(evening) | {"guest_id": guest_id},
        )
