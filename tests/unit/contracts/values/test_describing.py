"""A description of an error tells what went wrong and quotes nothing that it was about."""

import sqlite3
from typing import Literal

import msgspec
import pytest

from contracts.events.stored.codec import UnreadableEvent, decode_event
from contracts.values.describing import describe_error, format_error
from contracts.values.ids import AnnouncementId
from notifier.state import NotifierState
from runtime.clickhouse.port import QueryRefused

CANARY = "Kanarienvogel"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_a_librarys_message_is_not_repeated() -> None:
    assert describe_error(KeyError(CANARY)) == "KeyError"
    assert CANARY not in describe_error(raised(ValueError(CANARY)))


def test_the_place_in_our_code_is_told() -> None:
    with pytest.raises(KeyError) as caught:
        NotifierState().announcement(AnnouncementId(CANARY))
    described = describe_error(caught.value)
    assert described.startswith("KeyError: at notifier/state.py:")
    assert CANARY not in described


def test_what_clickhouse_says_of_a_query_is_not_repeated() -> None:
    assert CANARY not in describe_error(QueryRefused(CANARY))


def test_our_own_message_is_repeated() -> None:
    assert describe_error(UnreadableEvent("why")) == "why"


def test_what_a_machine_says_is_repeated() -> None:
    assert describe_error(OSError(28, "No space left", CANARY)) == "OSError: No space left"
    assert describe_error(sqlite3.OperationalError("disk full")) == "OperationalError: disk full"


def test_an_event_that_cannot_be_read_is_told_by_its_field() -> None:
    stored = msgspec.json.encode({"type": "person.seen.v1", "person_id": "1", "name": [CANARY]})
    with pytest.raises(UnreadableEvent) as caught:
        decode_event(stored)
    described = describe_error(caught.value)
    assert CANARY not in described
    assert "Expected `str`, got `array` - at `$.name`" in described
    unknown = msgspec.json.encode({"type": "person.teleported.v1"})
    with pytest.raises(UnreadableEvent, match="teleported"):
        decode_event(unknown)


def test_a_value_that_is_none_of_a_few_is_not_repeated() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"side": CANARY}, dict[str, Literal["author", "guest"]])
    assert describe_error(caught.value) == "ValidationError: Invalid enum value '…' - at `$[...]`"


def test_a_traceback_has_all_causes_and_no_messages() -> None:
    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError as first:
            raise ExceptionGroup(CANARY, [ValueError(CANARY)]) from first

    with pytest.raises(ExceptionGroup) as caught:
        fail()
    text = format_error(caught.value)
    assert [name in text for name in ("KeyError", "ExceptionGroup", "ValueError")] == [True] * 3
    assert "test_describing.py" in text
    told = [line for line in text.splitlines() if CANARY in line]
    assert told == [], told
