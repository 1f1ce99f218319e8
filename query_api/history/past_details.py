"""Fetches one announcement in detail as it stood: `?as_of=` of the details route.

The caller learns no more than they could have learned then, and no more than they may learn
today (docs/decisions/0007-who-may-read-history.md).
"""

from collections.abc import Sequence

from starlette.requests import Request

from contracts.errors import NotFound
from contracts.representations import DetailAnnouncementResponse, GuestEntry
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from query_api.announcements.details import GUESTS_MAX
from query_api.announcements.rows import fetch_visible, pick_movie_title
from query_api.announcements.visibility import (
    could_see,
    could_see_place,
    sees_everything,
    sees_guests,
    shows_guest_count,
)
from query_api.edge.moments import Moment, find_horizon, least_position
from query_api.edge.reads import AnyRow, Reads, represent
from query_api.history.as_of import (
    PastAnnouncement,
    build_detail_row,
    build_guest_rows,
    fold_events,
)
from query_api.history.events import fetch_events
from query_api.people.apart import fetch_apart
from query_api.people.names import fetch_names
from query_api.ratings.past_scores import fetch_guest_scores, fetch_score
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of


class PastDetails:
    """Fetches past details. One per process."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def fetch(
        self, request: Request, caller: Caller, announcement_id: str, moment: Moment
    ) -> tuple[DetailAnnouncementResponse, int]:
        """Implement `details.FetchPast`. Raises NotFound, ProjectionBehind and Unavailable."""
        reads = self._reads
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request, least_position(moment)) as snapshot:
            now = await fetch_visible(snapshot, caller, followed, announcement_id)
            horizon = await find_horizon(snapshot, moment)
        # The snapshot is closed: no connection to PostgreSQL waits for ClickHouse.
        await reads.history.reach(horizon.last_commit)
        position = horizon.position
        then = fold_events(await fetch_events(request, reads, announcement_id, position))
        demand_visible(then, caller, followed)
        row = await self._fetch_announcement(now, then, caller, position)
        guests: Sequence[AnyRow] = ()
        if sees_guests(now, caller, reads.rules) and sees_guests(row, caller, reads.rules):
            guests = await self._fetch_guests(request, then, caller, position)
        detail = _represent(row, guests, language_of(request), caller)
        return detail, position

    async def _fetch_announcement(
        self, now: AnyRow, then: PastAnnouncement, caller: Caller, position: int
    ) -> AnyRow:
        score = await fetch_score(self._reads.history, now["author_id"], "host", position)
        row = build_detail_row(then, caller.person_id, score)
        shown_then = could_see_place(row, caller, confirmed=then.is_confirmed(caller.person_id))
        if not (shows_guest_count(now, caller) and shows_guest_count(row, caller)):
            row["guest_count"] = None
        row["author_name"] = now["author_name"]
        row["shows_place"] = now["shows_place"] and shown_then
        return row

    async def _fetch_guests(
        self, request: Request, then: PastAnnouncement, caller: Caller, position: int
    ) -> Sequence[AnyRow]:
        async with self._reads.open_snapshot(request) as snapshot:
            names = await fetch_names(snapshot, then.bookings)
            apart = await fetch_apart(snapshot, caller.person_id)
        announcement_id = then.announcement["announcement_id"]
        scores = await fetch_guest_scores(self._reads.history, announcement_id, position)
        everyone = sees_everything(then.announcement, caller)
        rows = build_guest_rows(then, names, scores, everyone=everyone)
        shown = [row for row in rows if everyone or row["guest_id"] not in apart]
        return shown[:GUESTS_MAX]


def _represent(
    row: AnyRow, guests: Sequence[AnyRow], language: Language, caller: Caller
) -> DetailAnnouncementResponse:
    """Return the announcement as it stood, with these rows as its guest list."""
    guest_list = [
        represent(GuestEntry, guest, guest_name=guest["guest_name"] or "") for guest in guests
    ]
    return represent(
        DetailAnnouncementResponse,
        row,
        id=row["announcement_id"],
        sub_only=row["visibility"] == "subscribers",
        movie_title=pick_movie_title(row, language),
        event_location=row["event_location"] if row["shows_place"] else None,
        author_name=row["author_name"] or "",
        guest_list=guest_list,
        publish_to=row["publish_to"] if sees_everything(row, caller) else [],
        fits_my_plan=None,  # Plans are known as they are today.
    )


def demand_visible(then: PastAnnouncement, caller: Caller, followed: Sequence[PersonId]) -> None:
    """Raises NotFound if the announcement did not exist then, or the caller could not see it."""
    involved = then.involves(caller.person_id)
    if not then.announcement or not could_see(
        then.announcement, caller, followed, involved=involved
    ):
        raise NotFound
