"""SQL for the columns of people and their scores, which lists and details share.

A person without a row in `scores` was never rated and has 0.0 from 0 ratings. People are shown
the rating, but lists are ordered by the rank: the lower bound of the rating
(`contracts.scoring`). The rank is a column of the announcement, so that an index has its order.
"""

from typing import Annotated, Final

from msgspec import Meta

from query_api.edge.paging import Sort

AUTHOR_JOIN: Final = "LEFT JOIN scores host_score ON host_score.person_id = a.author_id"
GUEST_JOINS: Final = """
    LEFT JOIN people guest ON guest.person_id = b.guest_id
    LEFT JOIN scores guest_score ON guest_score.person_id = b.guest_id
"""

AUTHOR_RATING: Final = "coalesce(host_score.host_rating, 0.0)"
AUTHOR_RATING_COUNT: Final = "coalesce(host_score.host_rating_count, 0)"
AUTHOR_SCORE: Final = f"""
    {AUTHOR_RATING} AS author_rating, {AUTHOR_RATING_COUNT} AS author_rating_count
"""
GUEST_RATING: Final = "coalesce(guest_score.guest_rating, 0.0)"
GUEST_RANK: Final = "coalesce(guest_score.guest_rank, 0.0)"
GUEST_FIELDS: Final = {
    "guest_name": "coalesce(guest.name, '')",
    "guest_rating": GUEST_RATING,
    "guest_rating_count": "coalesce(guest_score.guest_rating_count, 0)",
}
"""SQL of the fields that tell of a guest, in a statement with GUEST_JOINS."""

RANK_KEY: Final = Annotated[float, Meta(ge=-1e6, le=1e6)]
BY_AUTHOR_RATING: Final = Sort(
    "author_rating",
    "a.author_rank",
    RANK_KEY,
    "double precision",
    descending=True,
)
