"""The write routes of bookings, with their bodies, and the check of eligibility."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from starlette.requests import Request

from command_api.domain.booking.commands import AnswerBooking, InviteGuests, RequestBooking
from command_api.domain.invite_job.commands import InviteAllFollowers
from command_api.http.bodies import NoBody, ShortText, WriteBody
from command_api.http.edge import Edge
from command_api.http.noun_routes import DoneLater, NounRoutes, WriteRequest
from contracts.errors import NeedsFact
from contracts.representations import (
    DetailBookingResponse,
    EligibilityResponse,
    InviteJobResponse,
)
from contracts.values.ids import AnnouncementId, BookingId, InviteJobId, new_id
from contracts.values.text import clean_lines
from runtime.auth.tokens import Caller
from runtime.http.instants import StatedInstant
from runtime.http.negotiation import language_of
from runtime.http.parameters import path_id, path_person

ROUTES: Final = NounRoutes()

Message = Annotated[str, StringConstraints(max_length=1000), AfterValidator(clean_lines)]


class RequestBookingBody(WriteBody):
    message: Message | None = None


class AnswerBookingBody(WriteBody):
    """The caller's own side of the booking."""

    my_status: bool
    reason: ShortText | None = None
    message: Message | None = None


def _demand_boolean(value: object) -> object:
    """Return the value. Raises ValueError for 1, which a Literal takes for True."""
    if value is not None and not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


class InviteBody(WriteBody):
    """Either `guest_ids` or `all_followers`. With `hold_until`, a seat is held for each of the
    guests until then."""

    guest_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = None
    hold_until: StatedInstant | None = None
    all_followers: Annotated[Literal[True], BeforeValidator(_demand_boolean)] | None = None

    @model_validator(mode="after")
    def demand_one(self) -> Self:
        """Raises ValueError unless it says in one way whom to invite."""
        if (self.guest_ids is None) is (self.all_followers is None):
            raise ValueError("either guest_ids or all_followers")
        if self.all_followers and self.hold_until is not None:
            raise ValueError("no seats are held for all followers")
        return self


@ROUTES.write(
    "POST",
    "/booking/{announcement_id}",
    RequestBookingBody,
    DetailBookingResponse,
    created=True,
)
async def request_booking(request: WriteRequest[RequestBookingBody]) -> RequestBooking:
    """Ask for a seat. If the author has invited you, this accepts."""
    return RequestBooking(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        booking_id=BookingId(new_id()),
        message=request.body.message,
    )


@ROUTES.write("PUT", "/booking/{booking_id}", AnswerBookingBody, DetailBookingResponse)
async def answer_booking(request: WriteRequest[AnswerBookingBody]) -> AnswerBooking:
    """Set your own side of a booking: the author approves or declines, the guest accepts,
    declines, withdraws or leaves."""
    return AnswerBooking(
        booking_id=BookingId(request.path_id("booking_id")), **request.body.model_dump()
    )


@ROUTES.write("DELETE", "/booking/{booking_id}", NoBody, DetailBookingResponse)
async def withdraw_booking(request: WriteRequest[NoBody]) -> AnswerBooking:
    """The guest takes the request back, or gives the seat back. It stays in history."""
    return AnswerBooking(
        booking_id=BookingId(request.path_id("booking_id")), my_status=False, only_as_guest=True
    )


@ROUTES.write(
    "PUT",
    "/announcement/{announcement_id}/booking/{user_id}",
    AnswerBookingBody,
    DetailBookingResponse,
)
async def answer_booking_of_pair(request: WriteRequest[AnswerBookingBody]) -> AnswerBooking:
    """Like `PUT /booking/{booking_id}`, but names the booking by announcement and guest; `me`
    is the caller."""
    return AnswerBooking(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        guest_id=path_person(request.http, request.caller.person_id),
        **request.body.model_dump(),
    )


@ROUTES.write(
    "POST",
    "/announcement/{announcement_id}/invites",
    InviteBody,
    answer=None,
    accepted=DoneLater(InviteAllFollowers, InviteJobResponse),
)
async def invite_guests(request: WriteRequest[InviteBody]) -> InviteGuests | InviteAllFollowers:
    """Invite guests; the answer has one result for each. With `all_followers` the answer is 202
    and a job, which `GET` at this address shows: all your followers are invited, as many as you
    may invite today."""
    announcement_id = AnnouncementId(request.path_id("announcement_id"))
    if request.body.guest_ids is None:
        return InviteAllFollowers(announcement_id=announcement_id, job_id=InviteJobId(new_id()))
    return InviteGuests(
        announcement_id=announcement_id,
        guests=await request.lookups.find_invitees(request.body.guest_ids),
        hold_until=request.body.hold_until,
    )


@ROUTES.read("/announcement/{announcement_id}/eligibility", EligibilityResponse)
async def get_eligibility(edge: Edge, request: Request, caller: Caller) -> EligibilityResponse:
    """Would a request of mine be taken? If not, which rule refuses it, and what else is open?"""
    announcement_id = AnnouncementId(path_id(request, "announcement_id"))
    await edge.reach_min_position(request)

    def assess(follows_author: bool | None) -> EligibilityResponse:
        return edge.answering.assess_eligibility(
            announcement_id,
            caller.person_id,
            follows_author=follows_author,
            language=language_of(request),
        )

    async def assess_with(follows_author: bool) -> EligibilityResponse:
        return assess(follows_author)

    try:
        return assess(None)
    except NeedsFact as needs:
        return await edge.supply_fact(needs, assess_with)
