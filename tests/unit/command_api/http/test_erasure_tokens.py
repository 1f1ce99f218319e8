"""Tokens that confirm an erasure: whose, for which request, and of which cell."""

import pytest

from command_api.http.erasure_tokens import ErasureTokens
from contracts.errors import Forbidden
from contracts.values.ids import PersonId
from contracts.values.times import from_ms, to_ms

ANNA = PersonId("a0000000-0000-4000-8000-000000000001")
BORIS = PersonId("b0000000-0000-4000-8000-000000000001")
AT = from_ms(1_800_000_000_123)
TOKENS = ErasureTokens("the secret of the cell")


def test_a_token_says_when_the_erasure_begins() -> None:
    token = TOKENS.sign(ANNA, AT)
    assert TOKENS.read(token, ANNA) == AT
    assert ErasureTokens("the secret of the cell").read(token, ANNA) == AT


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "x",
        str(to_ms(AT)),
        f"{to_ms(AT)}.",
        "\u043a\u043b\u044e\u0447.\ud800",
        TOKENS.sign(BORIS, AT),
        TOKENS.sign(ANNA, AT).replace("123.", "124."),
        TOKENS.sign(ANNA, AT) + "0",
        ErasureTokens("another secret").sign(ANNA, AT),
    ],
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(Forbidden) as refused:
        TOKENS.read(token, ANNA)
    assert refused.value.code == "wrong_erasure_token"
