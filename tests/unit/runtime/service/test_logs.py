"""No id of anybody reaches the log."""

import logging
import sys
from typing import Final
from uuid import uuid4

from runtime.pseudonyms import Pseudonyms
from runtime.service.logs import BARE, PseudonymFormatter

PSEUDONYMS: Final = Pseudonyms("the key of the tests")


def format_line(message: str, *arguments: object, failed: bool = False) -> str:
    record = logging.LogRecord(
        "tests", logging.INFO, "here", 1, message, arguments, sys.exc_info() if failed else None
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
        raise KeyError(person)
    except KeyError:
        line = format_line("failed", failed=True)
    assert person not in line
    assert f"KeyError: '{PSEUDONYMS.replace(person)}'" in line


def test_the_token_of_a_calendar_feed_is_left_out() -> None:
    line = format_line(f"GET /api/v1/schedule/{uuid4()}/{'0a' * 16}.ics")
    assert line.endswith("/[token].ics")


def test_hashes_and_positions_stay() -> None:
    said = f"record 17 has hash {'ab' * 32}"
    assert format_line(said) == said
