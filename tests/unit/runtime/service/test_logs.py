"""No id of anybody reaches the log, and nothing that anybody typed."""

import logging
import sys
from typing import Final
from uuid import uuid4

from contracts.events.stored.codec import UnreadableEvent
from runtime.pseudonyms import Pseudonyms
from runtime.service.logs import BARE, PseudonymFormatter

PSEUDONYMS: Final = Pseudonyms("the key of the tests")


def format_line(
    message: str, *arguments: object, failed: bool = False, logger: str = "tests"
) -> str:
    record = logging.LogRecord(
        logger, logging.INFO, "here", 1, message, arguments, sys.exc_info() if failed else None
    )
    return PseudonymFormatter(BARE, PSEUDONYMS).format(record)


def test_an_id_is_replaced_by_its_pseudonym_however_it_came_into_the_line() -> None:
    person = str(uuid4())
    pseudonym = PSEUDONYMS.replace(person)
    assert format_line(f"user {person} is gone") == f"user {pseudonym} is gone"
    assert format_line("GET /user/%s/rating", person.upper()) == f"GET /user/{pseudonym}/rating"


def test_an_id_in_a_traceback_is_replaced_too() -> None:
    person = str(uuid4())
    try:
        raise UnreadableEvent(f"of {person}")
    except UnreadableEvent:
        line = format_line("failed", failed=True)
    assert person not in line
    assert f"of {PSEUDONYMS.replace(person)}" in line


def test_an_unexpected_error_is_told_by_type_and_place() -> None:
    typed = "Kanarienvogel"
    try:
        int(typed)
    except ValueError:
        line = format_line("Exception in ASGI application", failed=True)
    assert line.startswith("Exception in ASGI application\n")
    assert "ValueError" in line
    assert "in test_an_unexpected_error_is_told_by_type_and_place" in line
    assert typed not in line


def test_a_lost_task_is_not_quoted() -> None:
    lost = "Task exception was never retrieved\nfuture: <Task exception=ValueError('typed')>"
    assert format_line(lost, logger="asyncio") == "Task exception was never retrieved"


def test_the_token_of_a_calendar_feed_is_left_out() -> None:
    line = format_line(f"GET /api/v1/schedule/{uuid4()}/{'0a' * 16}.ics")
    assert line.endswith("/[token].ics")


def test_hashes_and_positions_stay() -> None:
    said = f"record 17 has hash {'ab' * 32}"
    assert format_line(said) == said
