"""The routes of an erasure: a person asks for it and confirms it, or an operator orders it."""

from typing import Annotated, Final

from pydantic import StringConstraints
from starlette.requests import Request

from command_api.domain.person.commands import (
    ConfirmErasure,
    OrderErasure,
    RequestErasure,
    WithdrawErasure,
)
from command_api.domain.person.representation import ErasureResponse, render_erasure
from command_api.http.bodies import NoBody, ShortText, WriteBody
from command_api.http.edge import Edge
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.values.ids import PersonId
from runtime.auth.tokens import Caller

ROUTES: Final = NounRoutes()
OPERATOR_ROUTES: Final = NounRoutes()


class ErasureBody(WriteBody):
    """Without a `token` it asks for one; with it, it confirms."""

    token: Annotated[str, StringConstraints(max_length=200)] | None = None


class OrderErasureBody(WriteBody):
    """`by` is how the operator signs: the operator token belongs to no person. With `at_once`
    nobody can take it back."""

    by: ShortText | None = None
    at_once: bool = False


class WithdrawErasureBody(WriteBody):
    by: ShortText | None = None


@ROUTES.write("POST", "/my/erasure", ErasureBody, ErasureResponse)
async def request_erasure(request: WriteRequest[ErasureBody]) -> RequestErasure | ConfirmErasure:
    """Have all your data erased. The answer has a token and a date. Send the token in a second
    request to confirm; until the date you can take it back. Then your evenings are called off,
    your seats go to others, and nobody is shown your name or your words any more."""
    token = request.body.token
    if token is None:
        return RequestErasure()
    return ConfirmErasure(erase_at=request.tokens.read(token, request.caller.person_id))


@ROUTES.write("DELETE", "/my/erasure", NoBody, ErasureResponse)
async def withdraw_erasure(request: WriteRequest[NoBody]) -> WithdrawErasure:
    """Take back your request to be erased. It is possible until the erasure begins."""
    return WithdrawErasure(person_id=request.caller.person_id)


@ROUTES.read("/my/erasure", ErasureResponse)
async def get_erasure(edge: Edge, request: Request, caller: Caller) -> ErasureResponse:
    """Say whether your data is to be erased, and when."""
    await edge.reach_min_position(request)
    return render_erasure(edge.answering.find_person(caller.person_id))


@OPERATOR_ROUTES.write("PUT", "/user/{user_id}/erasure", OrderErasureBody, ErasureResponse)
async def order_erasure(request: WriteRequest[OrderErasureBody]) -> OrderErasure:
    """Have a person's data erased without asking them to confirm."""
    return OrderErasure(
        person_id=PersonId(request.path_id("user_id")),
        by=request.signature(request.body.by),
        at_once=request.body.at_once,
    )


@OPERATOR_ROUTES.write("DELETE", "/user/{user_id}/erasure", WithdrawErasureBody, ErasureResponse)
async def revoke_erasure(request: WriteRequest[WithdrawErasureBody]) -> WithdrawErasure:
    """Take back the erasure of a person. It is possible until it begins."""
    return WithdrawErasure(
        person_id=PersonId(request.path_id("user_id")), by=request.signature(request.body.by)
    )
