"""The write routes of broadcasts, with their bodies."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from command_api.domain.broadcast.commands import (
    CancelBroadcast,
    ChangeBroadcast,
    WriteBroadcast,
)
from command_api.http.bodies import LongText, NoBody, WriteBody, demand_no_null
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.events.broadcast import Audience
from contracts.representations import BroadcastResponse
from contracts.values.ids import AnnouncementId, BroadcastId, new_id
from runtime.http.instants import StatedInstant

ROUTES: Final = NounRoutes()

PATH: Final = "/announcement/{announcement_id}/broadcasts"

Audiences = Annotated[list[Audience], Field(min_length=1, max_length=4)]
MinutesBefore = Annotated[int, Field(ge=0, le=366 * 24 * 60)]


class TimeBody(WriteBody):
    """Says when a broadcast is to go: at a time, or so long before the start."""

    at: StatedInstant | None = None
    before_start_min: MinutesBefore | None = None

    @model_validator(mode="after")
    def _demand_one_time(self) -> Self:
        if self.at is not None and self.before_start_min is not None:
            raise ValueError("at and before_start_min are two times")
        return self


class WriteBroadcastBody(TimeBody):
    """Without a time it goes at once."""

    text: LongText
    to: Audiences


class ChangeBroadcastBody(TimeBody):
    """Only what is to change. A time takes the place of the earlier one."""

    text: LongText = ""
    to: Audiences = Field(default=[])

    @model_validator(mode="after")
    def _demand_no_null(self) -> Self:
        demand_no_null(self, ("at", "before_start_min"))
        return self


@ROUTES.write("POST", PATH, WriteBroadcastBody, BroadcastResponse, created=True)
async def write_broadcast(request: WriteRequest[WriteBroadcastBody]) -> WriteBroadcast:
    """Write to all guests whose bookings are in one of these states: at once, `at` a time, or so
    long before the start, wherever that moves. `reaches` says how many; with `dry_run=true`
    nothing is sent."""
    body = request.body
    return WriteBroadcast(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        broadcast_id=BroadcastId(new_id()),
        text=body.text,
        to=tuple(dict.fromkeys(body.to)),
        at=body.at,
        before_start_min=body.before_start_min,
    )


@ROUTES.write("PUT", PATH + "/{broadcast_id}", ChangeBroadcastBody, BroadcastResponse)
async def change_broadcast(request: WriteRequest[ChangeBroadcastBody]) -> ChangeBroadcast:
    """Change a broadcast that was not sent yet."""
    body = request.body
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "to" in changes:
        changes["to"] = tuple(dict.fromkeys(body.to))
    return ChangeBroadcast(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        broadcast_id=BroadcastId(request.path_id("broadcast_id")),
        **changes,
    )


@ROUTES.write("DELETE", PATH + "/{broadcast_id}", NoBody, BroadcastResponse)
async def cancel_broadcast(request: WriteRequest[NoBody]) -> CancelBroadcast:
    """Cancel a broadcast that was not sent yet. Repeating it is harmless."""
    return CancelBroadcast(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        broadcast_id=BroadcastId(request.path_id("broadcast_id")),
    )
