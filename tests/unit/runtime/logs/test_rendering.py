"""A line of the log keeps its facts, and has no id of anybody and nothing that anybody typed."""

from typing import Any, Final
from uuid import uuid4

from contracts.events.stored.codec import UnreadableEvent
from runtime.logs.rendering import LineFormatter
from tests.log_lines import PSEUDONYMS, make_record, read_line

AS_JSON: Final = LineFormatter(PSEUDONYMS, as_json=True)
AS_TEXT: Final = LineFormatter(PSEUDONYMS, as_json=False)


def format_event(message: str, *arguments: object, **options: Any) -> str:
    return str(read_line(message, *arguments, **options)["event"])


def test_a_line_is_json_with_the_facts_beside_the_message() -> None:
    line = read_line("event %s", "parked", extra={"position": 17, "reason": "unknown type"})
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "event": "event parked",
        "logger": "tests",
        "position": 17,
        "reason": "unknown type",
    }


def test_a_line_is_text_with_the_facts_behind_the_message() -> None:
    line = AS_TEXT.format(make_record("event parked", extra={"position": 17}))
    assert line.partition(" ")[2] == "[warning  ] event parked [tests] position=17"


def test_a_traceback_in_text_is_told_by_type_and_place() -> None:
    typed = "Kanarienvogel"
    try:
        int(typed)
    except ValueError:
        line = AS_TEXT.format(make_record("failed", failed=True))
    assert "ValueError" in line
    assert "in test_a_traceback_in_text_is_told_by_type_and_place" in line
    assert typed not in line


def test_a_formatted_record_is_left_as_it_was() -> None:
    """Other handlers see it, too."""
    record = make_record("event %s", "parked", extra={"position": 17})
    AS_JSON.format(record)
    assert (record.getMessage(), record.__dict__["position"]) == ("event parked", 17)


def test_an_id_is_replaced_by_its_pseudonym_however_it_came_into_the_line() -> None:
    person = str(uuid4())
    pseudonym = PSEUDONYMS.replace(person)
    assert format_event(f"user {person} is gone") == f"user {pseudonym} is gone"
    assert format_event("GET /user/%s/rating", person.upper()) == f"GET /user/{pseudonym}/rating"
    assert read_line("gone", extra={"call": person})["call"] == pseudonym


def test_an_id_in_a_traceback_is_replaced_too() -> None:
    person = str(uuid4())
    try:
        raise UnreadableEvent(f"of {person}")
    except UnreadableEvent:
        told = read_line("failed", failed=True)["exception"]
    assert person not in told
    assert f"of {PSEUDONYMS.replace(person)}" in told


def test_an_unexpected_error_is_told_by_type_and_place() -> None:
    typed = "Kanarienvogel"
    try:
        int(typed)
    except ValueError:
        line = read_line("Exception in ASGI application", failed=True)
    assert line["event"] == "Exception in ASGI application"
    assert "ValueError" in line["exception"]
    assert "in test_an_unexpected_error_is_told_by_type_and_place" in line["exception"]
    assert typed not in str(line)


def test_a_lost_task_is_not_quoted() -> None:
    lost = "Task exception was never retrieved\nfuture: <Task exception=ValueError('typed')>"
    assert format_event(lost, logger="asyncio") == "Task exception was never retrieved"


def test_the_token_of_a_calendar_feed_is_left_out() -> None:
    line = format_event(f"GET /api/v1/schedule/{uuid4()}/{'0a' * 16}.ics")
    assert line.endswith("/[token].ics")


def test_hashes_and_positions_stay() -> None:
    said = f"record 17 has hash {'ab' * 32}"
    assert format_event(said) == said
