"""Ids of events: what one gives out it takes back, and nothing else."""

from base64 import urlsafe_b64encode
from uuid import uuid4

import pytest

from contracts.errors import Malformed
from query_api.streams.cursor import begin_at, parse_event_id


def test_an_id_comes_back_as_the_cursor_that_gave_it() -> None:
    cursor = begin_at(7, 90).at_row(8, 1, str(uuid4())).at_notice(91, 3)
    assert parse_event_id(cursor.event_id) == cursor


def test_the_end_of_a_position_comes_after_all_its_rows() -> None:
    cursor = begin_at(7, 90)
    after = cursor.at_row(8, 1, "f" * 8 + "-ffff-ffff-ffff-" + "f" * 12).after_position(8)
    assert (after.position, after.kind) > (8, 1)
    assert after == begin_at(8, 90)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "é",
        "7",
        begin_at(1, 1).event_id + "=",
        begin_at(1, 1).event_id + "!",
        urlsafe_b64encode(b'[1,9,"nobody",1,0]').decode(),
        urlsafe_b64encode(b'[-1,9,"00000000-0000-0000-0000-000000000000",1,0]').decode(),
        urlsafe_b64encode(b'[1,10,"00000000-0000-0000-0000-000000000000",1,0]').decode(),
        urlsafe_b64encode(b'[9e30,9,"00000000-0000-0000-0000-000000000000",1,0]').decode(),
        urlsafe_b64encode(b"[" * 10_000).decode(),
    ],
)
def test_what_no_stream_gave_out_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse_event_id(text)
    assert raised.value.code == "malformed_header"
