"""One evening in detail as it stood: `?as_of=` of the details route.

The caller is told no more than they would have been told then, and no more than they may be
told today (docs/decisions/0007-who-may-read-history.md).
"""

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from contracts.errors import NotFound
from contracts.scoring import Score
from contracts.values.ids import PersonId
from query_api.announcements.details import GUESTS_MAX, Told, select_visible, shows_guests
from query_api.announcements.visibility import saw, saw_place, sees_everything
from query_api.edge.history_reads import HistoryReads
from query_api.edge.moments import Moment, at_least, horizon_of
from query_api.edge.reads import Reads, Row
from query_api.history.as_of import Standing, detail_row, guest_rows, standing_of
from query_api.history.events import story_of
from query_api.people.names import names_of
from query_api.ratings.scores_as_of import guest_scores_as_of, score_as_of
from runtime.auth.tokens import Caller


class PastDetails:
    """One per process; `tell` is an `details.Past`."""

    def __init__(self, reads: Reads, history: HistoryReads) -> None:
        self._reads = reads
        self._history = history

    async def tell(
        self, request: Request, caller: Caller, announcement_id: str, moment: Moment
    ) -> Told:
        """Raises NotFound, ProjectionBehind and Unavailable."""
        followed = await self._reads.followed_by(caller)
        async with self._reads.snapshot(request, at_least(moment)) as snapshot:
            now = await select_visible(snapshot, caller, followed, announcement_id)
            horizon = await horizon_of(snapshot, moment)
        # No connection to PostgreSQL waits for ClickHouse.
        await self._history.reach(horizon.last_commit)
        position = horizon.position
        then = standing_of(await story_of(self._history, announcement_id, position))
        require_seen(then, caller, followed)
        row = await self._row(now, then, caller, position)
        guests: Sequence[Row] = ()
        if shows_guests(now, caller, self._reads) and shows_guests(row, caller, self._reads):
            guests = await self._guests(request, then, caller, position)
        return Told(row, guests, position)

    async def _row(self, now: Row, then: Standing, caller: Caller, position: int) -> Row:
        score = await score_as_of(self._history, now["author_id"], "host", position)
        row = detail_row(then, caller.person_id, score)
        confirmed = then.confirmed(caller.person_id)
        row["author_name"] = now["author_name"]
        row["shows_place"] = now["shows_place"] and saw_place(row, caller, confirmed=confirmed)
        return row

    async def _guests(
        self, request: Request, then: Standing, caller: Caller, position: int
    ) -> Sequence[Row]:
        async with self._reads.snapshot(request) as snapshot:
            names: Mapping[PersonId, str] = await names_of(snapshot, then.bookings)
        scores: Mapping[PersonId, Score] = await guest_scores_as_of(
            self._history, then.evening["announcement_id"], position
        )
        everyone = sees_everything(then.evening, caller)
        return guest_rows(then, names, scores, everyone=everyone)[:GUESTS_MAX]


def require_seen(then: Standing, caller: Caller, followed: Sequence[PersonId]) -> None:
    """Raises NotFound where there was no evening yet, or none that the caller could see."""
    involved = then.involves(caller.person_id)
    if not then.evening or not saw(then.evening, caller, followed, involved=involved):
        raise NotFound
