"""When the system has to reveal a rating."""

from datetime import datetime

from command_api.domain.rating.state import Rating


def next_reveal(rating: Rating) -> datetime | None:
    """When the system has to reveal the review; None where it is no longer sealed."""
    return rating.sealed_until if rating.sealed else None
