"""Decides who reads the chat of an announcement: the only place for this rule on the read side.

Its author and its confirmed guests read all of it, for as long as they are that. For anybody
else there is no chat. That includes super-users, as for the messages of bookings.

In the SQL fragments `a` is the announcement and $2 the reader.
"""

from typing import Final

from contracts.representations import UNREAD_MAX
from query_api.edge.reads import TableSnapshot
from query_api.people.apart import APART_FROM
from query_api.people.own_booking import CONFIRMED, JOINED_CONFIRMED
from runtime.auth.tokens import Caller


def takes_part(confirmed: str) -> str:
    """Return SQL for whether the reader takes part in the chat, and so reads it."""
    return f"(a.author_id = $2::uuid OR {confirmed})"


TAKES_PART: Final = takes_part(CONFIRMED)

SHOWN_POST: Final = f"""(
    p.writer_id <> ALL({APART_FROM})
    OR EXISTS (
        SELECT FROM announcements chat
        WHERE chat.announcement_id = p.announcement_id
          AND chat.author_id IN (p.writer_id, {{0}}::uuid))
)"""
"""Whether a reader who takes part, `{0}`, is shown a post: not one of another guest across a block.
What the author writes, and what is written to the author, stays with what is confirmed."""

UNREAD_POSTS: Final = f"""
    CASE WHEN {takes_part(JOINED_CONFIRMED)} THEN (
        SELECT count(*) FROM (
            SELECT p.writer_id, p.deleted FROM posts p
            WHERE p.announcement_id = a.announcement_id AND p.position > coalesce((
                SELECT mark.position FROM read_marks mark
                WHERE mark.announcement_id = a.announcement_id AND mark.reader_id = $2::uuid), 0)
              AND {SHOWN_POST.format("$2")}
            ORDER BY p.position DESC LIMIT {UNREAD_MAX}) newest
        WHERE newest.writer_id <> $2::uuid AND NOT newest.deleted)
    ELSE 0 END AS unread_posts
"""
"""How many posts the reader has yet to read, in a statement with JOIN_OWN; 0 if they take no
part."""

_SELECT_CHAT: Final = f"""
    SELECT FROM announcements a WHERE a.announcement_id = $1 AND {TAKES_PART}
"""


async def demand_chat(snapshot: TableSnapshot, caller: Caller, announcement_id: str) -> None:
    """Raises NotFound unless the caller takes part in the chat of the announcement."""
    await snapshot.fetch_row(_SELECT_CHAT, announcement_id, caller.person_id)
