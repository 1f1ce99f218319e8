"""Operators' tokens open their routes, and may name a person."""

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError
from starlette.requests import Request

from contracts.errors import Unauthenticated
from runtime.auth.operators import (
    OperatorGuard,
    OperatorName,
    demand_distinct,
    read_signature,
    sign,
)

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


@pytest.mark.parametrize(
    ("operator", "stated", "read"),
    [
        ("anna", "Boris", ("anna", None)),
        ("anna", None, ("anna", None)),
        (None, "Olga", ("operator", "Olga")),
        (None, "anna", ("operator", "anna")),
        (None, "operator: anna", ("operator", "operator: anna")),
        (None, None, ("operator", None)),
    ],
)
def test_who_was_only_stated_is_never_taken_for_whom_a_token_names(
    operator: str | None, stated: str | None, read: tuple[str, str | None]
) -> None:
    assert read_signature(sign(operator, stated)) == read


def test_a_name_that_no_token_can_have_was_stated() -> None:
    assert read_signature("Olga Petrova") == ("operator", "Olga Petrova")


@pytest.mark.parametrize("name", ["operator", "System"])
def test_no_token_has_the_name_of_nobody(name: str) -> None:
    with pytest.raises(ValidationError, match="nobody's name"):
        TypeAdapter(OperatorName).validate_python(name)


def test_equal_tokens_are_refused_without_their_value() -> None:
    one, other = SecretStr("a" * 32), SecretStr("b" * 32)
    demand_distinct({"X": one, "Y": None, "Z": None}, {"anna": other})
    for tokens, named in (({"X": one, "Y": one}, {}), ({"X": one}, {"y": one})):
        with pytest.raises(ValueError, match=r"^X and .*Y must differ$"):
            demand_distinct(tokens, named)
    with pytest.raises(ValueError, match=r"__ANNA and .*__BORIS must differ"):
        demand_distinct({}, {"anna": one, "boris": one})
