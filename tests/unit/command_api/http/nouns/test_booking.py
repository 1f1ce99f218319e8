"""Whom an author can invite with one request."""

import msgspec
import pytest

from command_api.http.nouns.booking import InviteBody
from contracts.errors import Malformed
from runtime.http.json_body import parse_body


@pytest.mark.parametrize("stated", [1, 1.0, "true", False, None])
def test_all_followers_are_invited_by_the_word_true_alone(stated: object) -> None:
    assert parse_body(InviteBody, b'{"all_followers": true}').all_followers is True
    with pytest.raises(Malformed):
        parse_body(InviteBody, msgspec.json.encode({"all_followers": stated}))
