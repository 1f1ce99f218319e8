"""The write side of the HTTP API: parse, build the command, hand over.

Routes take the bare request and return finished bytes: FastAPI keeps the routing and the
document, and stays out of the hot path (docs/architecture.md §7).
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.announcement.commands import (
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.booking.commands import AnswerBooking, InviteGuests, RequestBooking
from command_api.http.bodies import (
    AnswerBookingBody,
    ChangeAnnouncementBody,
    CreateAnnouncementBody,
    InviteBody,
    RequestBookingBody,
    parse,
)
from command_api.http.documented import document, document_read
from command_api.http.edge import Edge, body_of, path_id
from command_api.http.person_routes import add_person_routes
from command_api.http.rating_routes import add_rating_routes
from contracts.errors import Malformed
from contracts.representations import (
    DetailAnnouncementResponse,
    DetailBookingResponse,
    EligibilityResponse,
)
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId, new_id
from contracts.values.text import one_line
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute, check_before, query_names_in
from runtime.http.entity_tag import versions_in
from runtime.http.parameters import Parameter

REASON_CHARS_MAX = 200
REASON = Parameter(
    "reason",
    "told to everybody concerned",
    {"type": "string", "maxLength": REASON_CHARS_MAX},
)


def build_router(edge: Edge) -> APIRouter:
    """The write routes under `/api/v1`."""
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
    _add_booking_routes(router, edge)
    _add_announcement_routes(router, edge)
    _add_eligibility_route(router, edge)
    add_rating_routes(router, edge)
    add_person_routes(router, edge)
    return router


def _add_booking_routes(router: APIRouter, edge: Edge) -> None:
    async def request_booking(request: Request) -> Response:
        """Ask to come. Crossing an invitation, this accepts it."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(RequestBookingBody, raw)
        command = RequestBooking(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")),
            booking_id=BookingId(new_id()),
            message=body.message,
        )
        return await edge.run(request, caller, raw, command)

    # The hottest route is served by Starlette alone; FastAPI's twin behind it is what the
    # document shows.
    hot = "/booking/{announcement_id}"
    documented = document(DetailBookingResponse, RequestBookingBody, created=True)
    handle = check_before(request_booking, query_names_in(documented["openapi_extra"]))
    router.add_route(router.prefix + hot, handle, ["POST"], include_in_schema=False)
    router.post(hot, **documented)(request_booking)

    @router.put("/booking/{booking_id}", **document(DetailBookingResponse, AnswerBookingBody))
    async def answer_booking(request: Request) -> Response:
        """Set your own side of a booking: the author approves or declines, the guest
        accepts, declines, withdraws or leaves."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(AnswerBookingBody, raw)
        command = AnswerBooking(
            booking_id=BookingId(path_id(request, "booking_id")), **body.model_dump()
        )
        return await edge.run(request, caller, raw, command)

    @router.delete("/booking/{booking_id}", **document(DetailBookingResponse))
    async def withdraw_booking(request: Request) -> Response:
        """The guest takes the request back, or gives the seat back. It stays in history."""
        caller = await edge.caller(request)
        command = AnswerBooking(
            booking_id=BookingId(path_id(request, "booking_id")),
            my_status=False,
            only_as_guest=True,
        )
        return await edge.run(request, caller, b"", command)

    @router.put(
        "/announcement/{announcement_id}/booking/{user_id}",
        **document(DetailBookingResponse, AnswerBookingBody),
    )
    async def answer_booking_of_pair(request: Request) -> Response:
        """As `PUT /booking/{booking_id}`, the booking named by evening and guest; `me` is
        the caller."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(AnswerBookingBody, raw)
        command = AnswerBooking(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")),
            guest_id=_guest_id(request, caller),
            **body.model_dump(),
        )
        return await edge.run(request, caller, raw, command)

    @router.post("/announcement/{announcement_id}/invites", **document(None, InviteBody))
    async def invite_guests(request: Request) -> Response:
        """Invite guests; the answer has one result for each."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(InviteBody, raw)
        command = InviteGuests(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")),
            guests=await edge.invitees(body.guest_ids),
            hold_until=body.hold_until,
        )
        return await edge.run(request, caller, raw, command)


def _add_announcement_routes(router: APIRouter, edge: Edge) -> None:
    @router.post(
        "/announcement/{movie_id}",
        **document(DetailAnnouncementResponse, CreateAnnouncementBody, created=True),
    )
    async def create_announcement(request: Request) -> Response:
        """Announce an evening for a film; open at once, or a draft with `publish: false`."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(CreateAnnouncementBody, raw)
        command = CreateAnnouncement(
            announcement_id=AnnouncementId(new_id()),
            film=await edge.film(MovieId(path_id(request, "movie_id"))),
            publish=body.publish,
            invite=await edge.invitees(body.invite),
            **body.terms(),
        )
        return await edge.run(request, caller, raw, command)

    @router.put(
        "/announcement/{announcement_id}",
        **document(DetailAnnouncementResponse, ChangeAnnouncementBody, if_match=True),
    )
    async def change_announcement(request: Request) -> Response:
        """Change some fields, publish, reopen or close. What is already so adds nothing."""
        caller = await edge.caller(request)
        raw = await body_of(request)
        body = parse(ChangeAnnouncementBody, raw)
        command = ChangeAnnouncement(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")),
            terms=body.terms(),
            status=body.status,
            if_versions=versions_in(request.headers.get("if-match")),
        )
        return await edge.run(request, caller, raw, command)

    @router.delete("/announcement/{announcement_id}", **document(None, parameters=(REASON,)))
    async def cancel_announcement(request: Request) -> Response:
        """Call the evening off. Repeating it is harmless; history and links stay."""
        caller = await edge.caller(request)
        reason = _reason(request)
        command = CancelAnnouncement(
            announcement_id=AnnouncementId(path_id(request, "announcement_id")), reason=reason
        )
        return await edge.run(request, caller, b"", command)


def _add_eligibility_route(router: APIRouter, edge: Edge) -> None:
    @router.get("/announcement/{announcement_id}/eligibility", **document_read(EligibilityResponse))
    async def get_eligibility(request: Request) -> Response:
        """Would a request of mine be taken, and if not, by which rule, and what else is open?"""
        caller = await edge.caller(request)
        announcement_id = AnnouncementId(path_id(request, "announcement_id"))
        return await edge.eligibility(request, caller, announcement_id)


def _guest_id(request: Request, caller: Caller) -> PersonId:
    if request.path_params["user_id"] == "me":
        return caller.person_id
    return PersonId(path_id(request, "user_id"))


def _reason(request: Request) -> str | None:
    """Raises Malformed."""
    given = request.query_params.get(REASON.name)
    try:
        reason = None if given is None else one_line(given)
    except ValueError as error:
        facts = {"parameter": REASON.name, "reason": str(error)}
        raise Malformed("malformed_query", facts) from error
    if reason is not None and len(reason) > REASON_CHARS_MAX:
        raise Malformed("malformed_query", {"parameter": REASON.name, "maximum": REASON_CHARS_MAX})
    return reason
