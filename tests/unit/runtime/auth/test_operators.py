"""Operators' tokens open their routes, and may name a person."""

import pytest
from starlette.requests import Request

from contracts.errors import Unauthenticated
from runtime.auth.operators import OperatorGuard

GUARD = OperatorGuard("shared", named={"anna": "of anna", "boris": "of boris"})


def request(authorization: str | None) -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("token", "name"), [("shared", None), ("of anna", "anna"), ("of boris", "boris")]
)
async def test_a_token_names_who_holds_it(token: str, name: str | None) -> None:
    assert await GUARD(request(f"Bearer {token}")) == name
    assert GUARD.admits(request(f"bearer {token}"))


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer anna", "Basic shared", "Bearer share"]
)
async def test_nothing_else_opens_the_routes(authorization: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await GUARD(request(authorization))
    assert not GUARD.admits(request(authorization))


def test_another_token_beside_them_names_nobody() -> None:
    guard = GUARD.or_holder_of("of an analyst")
    assert guard.require(request("Bearer of an analyst")) is None
    assert guard.require(request("Bearer of anna")) == "anna"
    assert GUARD.or_holder_of(None) is GUARD
