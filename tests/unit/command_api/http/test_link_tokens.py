"""The tokens of invite links: only this cell makes them, and anything else names nothing."""

import pytest

from command_api.http.link_tokens import TOKEN_CHARS, LinkTokens
from contracts.errors import NotFound
from contracts.values.ids import InviteLinkId

TOKENS = LinkTokens("the secret of the cell")
LINK = InviteLinkId("0192f0c5-8a4e-7c3b-9d21-5f6e7a8b9c0d")
OTHER = InviteLinkId("0192f0c5-8a4e-7c3b-9d21-000000000000")


def test_every_process_of_the_cell_reads_a_token() -> None:
    token = TOKENS.sign(LINK)
    assert len(token) == TOKEN_CHARS
    assert LinkTokens("the secret of the cell").read(token) == LINK


@pytest.mark.parametrize(
    "token",
    [
        "",
        "ж" * TOKEN_CHARS,
        "!" * TOKEN_CHARS,
        "A" * TOKEN_CHARS,
        "A" * (TOKEN_CHARS - 1),
        "A" * 100_000,
        TOKENS.sign(LINK) + "A",
        TOKENS.sign(LINK)[:-1],
        TOKENS.sign(LINK)[:-4] + "AAAA",
        TOKENS.sign(LINK)[:22] + TOKENS.sign(OTHER)[22:],
        LinkTokens("another secret").sign(LINK),
        LINK,
    ],
)
def test_what_is_no_token_of_this_cell_names_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        TOKENS.read(token)
