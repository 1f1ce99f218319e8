"""The audit trail of an evening: what happened, when and by whom, from the history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed
from contracts.values.ids import BookingId, PersonId
from query_api.announcements.details import select_visible
from query_api.edge.documented import documented
from query_api.edge.history_reads import HistoryReads
from query_api.edge.moments import AS_OF, Moment, at_least, horizon_of, moment_of
from query_api.edge.paging import PAGE_PARAMETERS, Sort, cursor_of, encode_cursor
from query_api.edge.reads import Reads, answer, path_id
from query_api.history.as_of import standing_of
from query_api.history.audit_rights import Entry, Reader, told
from query_api.history.events import Happened, story_of
from query_api.history.past_details import require_seen
from query_api.people.names import names_of
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.numbers import DIGITS_MAX
from runtime.http.paging import next_page_headers, parse_limit
from runtime.process.clock import Clock

_Number = Annotated[int, Meta(ge=0, lt=10**DIGITS_MAX)]
Place = tuple[_Number, _Number]
"""Position, and which event of the command there."""

BY_PLACE: Final = Sort("history", "(seq, event_index)", Place, "bigint[]")
PEOPLE: Final = ("author", "rater", "ratee")
"""Facts that name a person end in `_id`; the name is told beside them."""


class Actor(Struct, frozen=True):
    id: str
    """A person's id, or `system` for what the passing of time did."""
    name: str | None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One event. People are called by the names of today."""

    position: int
    event_index: int
    """From 0, among the events of the command at `position`."""
    at: datetime
    type: str
    actor: Actor | None
    """None where the caller is not told who did it."""
    booking_id: BookingId | None
    guest_id: PersonId | None
    guest_name: str | None
    facts: Mapping[str, Any]
    """The event's own fields; None is also what the caller is not told."""


class AuditTrail:
    """One per process."""

    def __init__(self, reads: Reads, history: HistoryReads, clock: Clock) -> None:
        self._reads = reads
        self._history = history
        self._clock = clock

    def build_router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

        @router.get(
            "/history/announcement/{announcement_id}",
            **documented(list[AuditEntry], (AS_OF, *PAGE_PARAMETERS)),
        )
        async def get_history(request: Request) -> Response:
            """What happened to an evening, oldest first: to its author everything, to a guest
            what concerns the guest's own booking, to others what everybody could see.
            `?as_of=` leaves out what came later."""
            caller = await self._reads.caller(request)
            limit = parse_limit(request.query_params)
            moment = moment_of(request.query_params, self._clock())
            announcement_id = path_id(request, "announcement_id")
            behind = _cursor(request.query_params, announcement_id)
            entries, position = await self._entries(request, caller, announcement_id, moment)
            page = [one for one in entries if _place(one.happened) > behind][: limit + 1]
            headers = {}
            if len(page) > limit:
                last = _place(page[limit - 1].happened)
                cursor = encode_cursor(BY_PLACE, last, announcement_id)
                headers = next_page_headers(request, cursor)
            lines = await self._named(request, page[:limit])
            return answer(request, lines, position, headers=headers)

        return router

    async def _entries(
        self, request: Request, caller: Caller, announcement_id: str, moment: Moment | None
    ) -> tuple[list[Entry], int]:
        """All that the caller is told, up to the moment, and its position. Rights rest on
        everything that happened since as well. Raises NotFound."""
        followed = await self._reads.followed_by(caller)
        async with self._reads.snapshot(request, at_least(moment)) as snapshot:
            now = await select_visible(snapshot, caller, followed, announcement_id)
            present = await horizon_of(snapshot, None)
            position = (await horizon_of(snapshot, moment)).position
        await self._history.reach(present.last_commit)
        story = await story_of(self._history, announcement_id, present.position)
        then = standing_of(one for one in story if one.position <= position)
        require_seen(then, caller, followed)
        entries = told(story, Reader(caller, followed, now))
        return [one for one in entries if one.happened.position <= position], position

    async def _named(self, request: Request, entries: Sequence[Entry]) -> list[AuditEntry]:
        people = {person for one in entries for person in _people(one)}
        async with self._reads.snapshot(request) as snapshot:
            names = await names_of(snapshot, people)
        return [_line(one, names) for one in entries]


def _cursor(parameters: QueryParams, announcement_id: str) -> Place:
    """The place of the last line seen. Raises Malformed for another list's cursor."""
    cursor = cursor_of(parameters, BY_PLACE)
    if cursor is None:
        return (0, 0)
    place, of = cursor
    if of != announcement_id:
        raise Malformed("malformed_cursor")
    return place[0], place[1]


def _place(happened: Happened) -> Place:
    return happened.position, happened.event_index


def _people(entry: Entry) -> list[str]:
    guest_id = getattr(entry.happened.event, "guest_id", None)
    named = [entry.facts.get(f"{role}_id") for role in PEOPLE]
    return [one for one in (entry.happened.actor, guest_id, *named) if one is not None]


def _line(entry: Entry, names: Mapping[PersonId, str]) -> AuditEntry:
    happened, event = entry.happened, entry.happened.event
    guest_id = getattr(event, "guest_id", None)
    actor_name = names.get(PersonId(happened.actor))
    return AuditEntry(
        position=happened.position,
        event_index=happened.event_index,
        at=happened.at,
        type=happened.type,
        actor=Actor(happened.actor, actor_name) if entry.names_actor else None,
        booking_id=getattr(event, "booking_id", None),
        guest_id=guest_id,
        guest_name=None if guest_id is None else names.get(guest_id),
        facts=_with_names(entry.facts, names),
    )


def _with_names(facts: Mapping[str, Any], names: Mapping[PersonId, str]) -> dict[str, Any]:
    beside = {role: facts[f"{role}_id"] for role in PEOPLE if f"{role}_id" in facts}
    return {**facts, **{f"{role}_name": names.get(person) for role, person in beside.items()}}
