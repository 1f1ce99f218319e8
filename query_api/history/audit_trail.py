"""Serves the audit trail: what happened to an announcement, when and by whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed
from contracts.events.names import name_event
from contracts.values.ids import BookingId, PersonId, PostId
from contracts.values.languages import Language
from query_api.announcements.rows import fetch_visible
from query_api.chats.texts import fetch_texts
from query_api.edge.moments import AS_OF, Moment, find_horizon, least_position, parse_moment
from query_api.edge.paging import PAGE_PARAMETERS, Sort, encode_cursor, parse_cursor
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.history.as_of import fold_events
from query_api.history.audit_rights import TrailEntry, TrailReader, select_entries
from query_api.history.events import PastEvent, fetch_events
from query_api.history.past_details import demand_visible
from query_api.people.apart import fetch_apart
from query_api.people.names import fetch_names
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.numbers import DIGITS_MAX
from runtime.http.paging import cut_page, parse_limit
from runtime.http.parameters import path_id

_Number = Annotated[int, Meta(ge=0, lt=10**DIGITS_MAX)]
EventPlace = tuple[_Number, _Number]
"""Position of a command, and the index of an event among its events."""

BY_PLACE: Final = Sort("history", "(seq, event_index)", EventPlace, "bigint[]")
"""Only for cursors: entries are compared in Python, not in SQL."""
PEOPLE: Final = ("author", "rater", "ratee", "writer")
"""Facts `…_id` that are a person's id. For each, an entry also states `…_name`."""


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
    name: str
    """Names what happened, in the caller's language."""
    actor: Actor | None
    """None if the caller may not know who did it."""
    booking_id: BookingId | None
    guest_id: PersonId | None
    guest_name: str | None
    facts: Mapping[str, Any]
    """The event's own fields. None also stands for what the caller may not read."""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get(
        "/history/announcement/{announcement_id}",
        **document(list[AuditEntry], (AS_OF, *PAGE_PARAMETERS)),
    )
    async def get_history(request: Request) -> Response:
        """List what happened to an announcement, oldest first. Its author sees everything, a guest
        what concerns their own booking, others what everybody could see. `?as_of=` leaves out
        what came later."""
        caller = await reads.authenticate(request)
        limit = parse_limit(request.query_params)
        moment = parse_moment(request.query_params, reads.clock())
        announcement_id = path_id(request, "announcement_id")
        last_seen = _parse_place(request.query_params, announcement_id)
        entries, position = await _fetch_entries(request, reads, caller, announcement_id, moment)
        behind = [one for one in entries if _place_of(one.past) > last_seen]

        def cursor_of(entry: TrailEntry) -> str:
            return encode_cursor(BY_PLACE, _place_of(entry.past), announcement_id)

        page, headers = cut_page(request, behind, limit, cursor_of)
        lines = await _represent(request, reads, caller, page)
        return answer(request, lines, position, headers=headers)

    return router


async def _fetch_entries(
    request: Request, reads: Reads, caller: Caller, announcement_id: str, moment: Moment | None
) -> tuple[list[TrailEntry], int]:
    """Return everything that the caller learns up to the moment, and the moment's position.
    Raises NotFound, ProjectionBehind and Unavailable.

    Rights also depend on what has happened since, so all events up to the present are fetched.
    """
    followed = await reads.fetch_followed(caller)
    async with reads.open_snapshot(request, least_position(moment)) as snapshot:
        now = await fetch_visible(snapshot, caller, followed, announcement_id)
        apart = await fetch_apart(snapshot, caller.person_id)
        present = await find_horizon(snapshot, None)
        position = (await find_horizon(snapshot, moment)).position
    await reads.history.reach(present.last_commit)
    events = await fetch_events(request, reads, announcement_id, present.position)
    then = fold_events(past for past in events if past.position <= position)
    demand_visible(then, caller, followed)
    entries = select_entries(events, TrailReader(caller, followed, now, apart))
    return [one for one in entries if one.past.position <= position], position


async def _represent(
    request: Request, reads: Reads, caller: Caller, entries: Sequence[TrailEntry]
) -> list[AuditEntry]:
    posts = [one.text_of for one in entries if one.text_of is not None]
    people = {person for one in entries for person in _find_people(one)}
    async with reads.open_snapshot(request) as snapshot:
        names = await fetch_names(snapshot, people)
        texts = await fetch_texts(snapshot, caller, posts)
    language = language_of(request)
    return [_represent_entry(one, names, texts, language) for one in entries]


def _parse_place(parameters: QueryParams, announcement_id: str) -> EventPlace:
    """Return the place of the last entry seen, (0, 0) for the first page. Raises Malformed if
    another list gave out the cursor."""
    cursor = parse_cursor(parameters, BY_PLACE)
    if cursor is None:
        return (0, 0)
    place, of = cursor
    if of != announcement_id:
        raise Malformed("malformed_cursor")
    return place[0], place[1]


def _place_of(past: PastEvent) -> EventPlace:
    return past.position, past.event_index


def _find_people(entry: TrailEntry) -> list[str]:
    guest_id = getattr(entry.past.event, "guest_id", None)
    named = [entry.facts.get(f"{role}_id") for role in PEOPLE]
    return [one for one in (entry.past.actor, guest_id, *named) if one is not None]


def _represent_entry(
    entry: TrailEntry,
    names: Mapping[PersonId, str],
    texts: Mapping[PostId, str | None],
    language: Language,
) -> AuditEntry:
    past, event = entry.past, entry.past.event
    guest_id = getattr(event, "guest_id", None)
    facts = _add_names(entry.facts, names)
    if entry.text_of is not None:
        facts["text"] = texts.get(entry.text_of)
    actor_name = names.get(PersonId(past.actor))
    return AuditEntry(
        position=past.position,
        event_index=past.event_index,
        at=past.at,
        type=past.type,
        name=name_event(past.type, facts.get("reason"), language),
        actor=Actor(past.actor, actor_name) if entry.names_actor else None,
        booking_id=getattr(event, "booking_id", None),
        guest_id=guest_id,
        guest_name=None if guest_id is None else names.get(guest_id),
        facts=facts,
    )


def _add_names(facts: Mapping[str, Any], names: Mapping[PersonId, str]) -> dict[str, Any]:
    people = {role: facts[f"{role}_id"] for role in PEOPLE if f"{role}_id" in facts}
    return {**facts, **{f"{role}_name": names.get(person) for role, person in people.items()}}
