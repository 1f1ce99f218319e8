"""Tells when the system has to reveal a rating."""

from collections.abc import Iterator

from command_api.domain.deadline import Deadline, NoDeadline, deadline_of
from command_api.domain.layer import Layer
from command_api.domain.rating.commands import RatingDue


def list_rating_deadlines(changed: Layer) -> Iterator[Deadline | NoDeadline]:
    """Yield the deadline of each rating in `changed`: none once it is no longer sealed."""
    for rating in changed.ratings.own.values():
        due_at = rating.sealed_until if rating.sealed else None
        yield deadline_of(rating.id, due_at, RatingDue(review_id=rating.id))
