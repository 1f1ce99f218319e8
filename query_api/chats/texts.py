"""Fetches the texts of posts as they now stand, for whoever may read them now."""

from collections.abc import Iterable, Mapping
from typing import Final

from contracts.values.ids import PostId
from query_api.chats.rights import SHOWN_POST, TAKES_PART
from query_api.edge.reads import TableSnapshot
from runtime.auth.tokens import Caller

_SELECT_TEXTS: Final = f"""
    SELECT p.post_id, p.text
    FROM posts p JOIN announcements a USING (announcement_id)
    WHERE p.post_id = ANY($1::uuid[]) AND {TAKES_PART} AND {SHOWN_POST.format("$2")}
"""


async def fetch_texts(
    snapshot: TableSnapshot, caller: Caller, post_ids: Iterable[PostId]
) -> Mapping[PostId, str | None]:
    """Return the texts by post; None for a deleted one. Those that the caller may not read are
    left out."""
    wanted = list(post_ids)
    if not wanted:
        return {}
    rows = await snapshot.fetch_rows(_SELECT_TEXTS, wanted, caller.person_id)
    return {row["post_id"]: row["text"] for row in rows}
