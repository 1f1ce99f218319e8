"""Finds whom the latest changes concern, with one look for all streams of a process.

So an idle stream costs no query, however much happens to others.
"""

from collections.abc import Set
from typing import Any, Final, NamedTuple

from query_api.edge.reads import TableSnapshot
from query_api.streams.changes import NoticeHorizon, fetch_horizon

CHANGES_MAX: Final = 1_000
"""If more has changed since the last look, all streams look for themselves."""

_NEWEST: Final = f"WHERE t.changed_seq > $1::bigint ORDER BY t.changed_seq LIMIT {CHANGES_MAX + 1}"
SELECT_CHANGED: Final = f"""
    (SELECT 'announcement' AS kind, t.announcement_id, t.author_id, NULL AS guest_id
     FROM announcements t {_NEWEST})
    UNION ALL
    (SELECT 'booking', t.announcement_id, t.author_id, t.guest_id
     FROM bookings t {_NEWEST})
    UNION ALL
    (SELECT 'booking', t.announcement_id, NULL, t.guest_id FROM bookings t
     WHERE t.waiting AND t.moved_seq > $1::bigint ORDER BY t.moved_seq LIMIT {CHANGES_MAX + 1})
    UNION ALL
    (SELECT 'post', t.announcement_id, a.author_id, NULL
     FROM posts t JOIN announcements a USING (announcement_id) {_NEWEST})
"""
_SELECT_GUESTS: Final = f"""
    SELECT DISTINCT guest_id FROM bookings
    WHERE announcement_id = ANY($1::uuid[]) LIMIT {CHANGES_MAX + 1}
"""
_SELECT_RECIPIENTS: Final = f"""
    SELECT person_id, changed_xid FROM notifier.own_notices
    WHERE changed_xid >= $1::bigint AND changed_xid < $2::bigint
    ORDER BY changed_xid LIMIT {CHANGES_MAX + 1}
"""


class Marks(NamedTuple):
    """How far somebody has looked."""

    position: int
    notice_xid: int


class Concerned(NamedTuple):
    """The people whom changes concern. None in place of people stands for everybody."""

    people: Set[str] | None
    announcements: Set[str]
    """Whoever watches one of these is concerned."""
    marks: Marks
    unfinished: bool
    """Whether a notice waits for an older transaction to end. Nobody tells of that."""


async def find_concerned(snapshot: TableSnapshot, since: Marks | None) -> Concerned:
    """Return whom everything concerns that has changed since then; everybody if nothing says
    since when."""
    horizon = await fetch_horizon(snapshot)
    marks = Marks(snapshot.position, horizon.complete_before)
    if since is None:
        return Concerned(None, frozenset(), marks, unfinished=True)
    changed = await snapshot.search_rows(SELECT_CHANGED, since.position)
    noticed = await snapshot.search_rows(_SELECT_RECIPIENTS, since.notice_xid, horizon.begun_before)
    everybody = Concerned(None, frozenset(), marks, _is_unfinished(noticed, horizon))
    if max(len(changed), len(noticed)) > CHANGES_MAX:
        return everybody
    announcements = {row["announcement_id"] for row in changed if row["kind"] == "announcement"}
    for_guests = {row["announcement_id"] for row in changed if row["kind"] != "booking"}
    guests = await snapshot.fetch_rows(_SELECT_GUESTS, list(for_guests)) if for_guests else []
    if len(guests) > CHANGES_MAX:
        return everybody
    people = {row["author_id"] for row in changed}
    people |= {row["guest_id"] for row in (*changed, *guests)}
    people.discard(None)
    people |= {row["person_id"] for row in noticed}
    return everybody._replace(people=people, announcements=announcements)


def _is_unfinished(noticed: list[Any], horizon: NoticeHorizon) -> bool:
    return any(row["changed_xid"] >= horizon.complete_before for row in noticed)
