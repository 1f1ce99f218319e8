"""Finds what has changed for the reader of a stream, in the order in which it is told.

Rows of the tables come in the order of the positions at which they changed. A row that changes
again before it is told moves back in this order, and is told once, as it then is. Notices have no
positions of their own, and transactions that write them end in any order. So they come in the
order of transactions, up to the oldest one that still runs: none can appear before that any more.
"""

from typing import Final, Literal, NamedTuple

import asyncpg

from query_api.announcements.calendar import ATTENDED_OR_PENDING, announcements_of
from query_api.announcements.visibility import VISIBLE_TO_GUEST
from query_api.chats.rights import SHOWN_POST, TAKES_PART
from query_api.edge.reads import TableSnapshot
from query_api.streams.cursor import StreamCursor
from runtime.auth.tokens import Caller

AT_ONCE: Final = 50
"""How many changes are read at once. A slow reader makes the next ones wait in the tables."""

RowKind = Literal["announcement", "booking", "post"]
ROW_KINDS: Final[tuple[RowKind, ...]] = ("announcement", "booking", "post")
"""Kinds of rows by their numbers in a cursor: of one position they come in this order."""


class Change(NamedTuple):
    """A row that is to be told."""

    position: int
    """The position at which it changed."""
    kind: RowKind
    row_id: str

    @property
    def place(self) -> tuple[int, int, str]:
        """The row's place in a cursor."""
        return self.position, ROW_KINDS.index(self.kind), self.row_id


class NoticeHorizon(NamedTuple):
    """How far the notices of a snapshot are complete."""

    complete_before: int
    """Every transaction before this one has ended."""
    begun_before: int
    """No transaction from this one on has begun."""


# $1 is whether the reader is shown all bookings, $2 the reader, $3 to $5 the cursor, and $6 the
# announcement in the SQL for one.
_ANNOUNCEMENTS: Final = f"""
    SELECT a.changed_seq AS seq, {ROW_KINDS.index("announcement")} AS kind, a.announcement_id AS id
    FROM announcements a
    WHERE a.changed_seq >= $3::bigint AND {{which}}
"""
_BOOKINGS: Final = f"""
    SELECT CASE WHEN b.guest_id <> $2::uuid THEN b.changed_seq
                WHEN b.waiting THEN greatest(b.changed_seq, a.published_seq, b.moved_seq)
                ELSE greatest(b.changed_seq, a.published_seq) END AS seq,
           {ROW_KINDS.index("booking")} AS kind, b.booking_id AS id
    FROM bookings b JOIN announcements a USING (announcement_id)
    WHERE ($1::boolean OR b.author_id = $2::uuid OR {VISIBLE_TO_GUEST.format("$2")})
      AND {{of_scope}} AND b.booking_id IN (
        SELECT booking_id FROM bookings WHERE changed_seq >= $3::bigint AND {{which}}
        UNION ALL
        -- An invitation to a draft is told when that is published.
        SELECT told.booking_id FROM bookings told
        JOIN announcements draft USING (announcement_id)
        WHERE told.guest_id = $2::uuid AND draft.published_seq >= $3::bigint
        UNION ALL
        SELECT booking_id FROM bookings
        WHERE guest_id = $2::uuid AND waiting AND moved_seq >= $3::bigint)
"""
_POSTS: Final = f"""
    SELECT p.changed_seq AS seq, {ROW_KINDS.index("post")} AS kind, p.post_id AS id
    FROM posts p JOIN announcements a USING (announcement_id)
    WHERE p.changed_seq >= $3::bigint AND {{of_scope}} AND {TAKES_PART}
      AND {SHOWN_POST.format("$2")}
"""


def _select_changes(announcements: str, bookings: str, of_scope: str) -> str:
    """Return the SQL for the changes that meet these conditions, each in the words of its table
    or, in `of_scope`, of the announcement `a`."""
    return f"""
        SELECT * FROM (
            {_ANNOUNCEMENTS.format(which=announcements)}
            UNION ALL {_BOOKINGS.format(which=bookings, of_scope=of_scope)}
            UNION ALL {_POSTS.format(of_scope=of_scope)}) changes
        WHERE (seq, kind, id) > ($3::bigint, $4::integer, $5::uuid)
        ORDER BY seq, kind, id LIMIT {AT_ONCE}
    """


OF_PERSON: Final = _select_changes(
    announcements=f"a.announcement_id IN ({announcements_of('$2', ATTENDED_OR_PENDING)})",
    bookings="(author_id = $2::uuid OR guest_id = $2::uuid)",
    of_scope="true",
)
OF_ANNOUNCEMENT: Final = _select_changes(
    announcements="a.announcement_id = $6::uuid",
    bookings="announcement_id = $6::uuid",
    of_scope="a.announcement_id = $6::uuid",
)

_SELECT_HORIZON: Final = """
    SELECT pg_snapshot_xmin(now_running)::text::bigint,
           pg_snapshot_xmax(now_running)::text::bigint
    FROM pg_current_snapshot() now_running
"""

_SELECT_NOTICES: Final = f"""
    SELECT n.*, cause FROM notifier.own_notices n
    JOIN notifier.own_notice_causes USING (id, person_id)
    WHERE person_id = $1::uuid AND changed_xid >= $2::bigint AND changed_xid < $4::bigint
      AND (changed_xid, id) > ($2::bigint, $3::bigint)
      AND ($5::uuid IS NULL OR announcement_id = $5::uuid)
    ORDER BY changed_xid, id LIMIT {AT_ONCE}
"""


async def find_changes(
    snapshot: TableSnapshot, caller: Caller, announcement_id: str | None, after: StreamCursor
) -> list[Change]:
    """Return the rows to tell next: AT_ONCE at most, and fewer only if these are all."""
    place = after.position, after.kind, after.row
    if announcement_id is None:
        rows = await snapshot.search_rows(OF_PERSON, False, caller.person_id, *place)
    else:
        arguments = caller.is_super, caller.person_id, *place, announcement_id
        rows = await snapshot.search_rows(OF_ANNOUNCEMENT, *arguments)
    return [Change(row["seq"], ROW_KINDS[row["kind"]], row["id"]) for row in rows]


async def fetch_horizon(snapshot: TableSnapshot) -> NoticeHorizon:
    """Return how far the notices of the snapshot are complete."""
    row = await snapshot.fetch_row(_SELECT_HORIZON)
    return NoticeHorizon(*row)


async def find_notices(
    snapshot: TableSnapshot,
    caller: Caller,
    announcement_id: str | None,
    after: StreamCursor,
    horizon: NoticeHorizon,
) -> list[asyncpg.Record]:
    """Return the notices to tell next: AT_ONCE at most, and fewer only if these are all."""
    return await snapshot.search_rows(
        _SELECT_NOTICES,
        caller.person_id,
        after.notice_xid,
        after.notice,
        horizon.complete_before,
        announcement_id,
    )
