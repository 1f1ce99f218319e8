"""States when the system has to reveal a rating."""

from datetime import datetime
from typing import Final

from command_api.domain.deadline import DeadlineRule
from command_api.domain.rating.commands import RatingDue
from command_api.domain.rating.state import Rating


def find_due(rating: Rating) -> datetime | None:
    return rating.sealed_until if rating.sealed else None


def make_command(rating: Rating) -> RatingDue:
    return RatingDue(review_id=rating.id)


RATING_DEADLINES: Final = DeadlineRule("ratings", find_due, make_command)
