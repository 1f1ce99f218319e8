"""Asks ready questions about one host's evenings. Pure.

A host's figures come from the text that analysts ask, narrowed to the host's own evenings, so
that both count alike. They are asked of the history, which has the ids of people.
"""

import re
from pathlib import Path
from typing import Final

from query_api.analysts.questions import ReadyQuestion, parse_question, ready_questions

SHARED: Final = (
    "request_funnel",
    "host_response_time",
    "cancellations",
    "repeat_guests",
    "fill_curve",
)
"""Names of the ready questions that a host may ask about the own evenings."""
NO_SHOWS: Final = Path(__file__).resolve().parent / "no_shows.sql"
"""Not among the ready questions: the tables of analysts store no-shows in another shape."""

OWN_EVENINGS: Final = """announcement_id IN
    (
        SELECT announcement_id FROM events
        WHERE type = 'announcement.created' AND author_id = %(host_id)s
    )"""

# The newest event of all says what time it is, so that one stays as it is.
_TABLES: Final = re.compile(r"(?<!max\(at_ms\) )FROM (events|evenings)\b(\s+WHERE\b)?")


def list_questions() -> list[ReadyQuestion]:
    """Return the questions whose answers are a host's figures. Each takes the parameter `host_id`
    beside its own."""
    asked = [ready_questions()[name] for name in SHARED]
    asked.append(parse_question(NO_SHOWS.read_text()))
    return [one._replace(sql=narrow_to_host(one.sql)) for one in asked]


def narrow_to_host(sql: str) -> str:
    """Return the question's SQL about the evenings of `%(host_id)s` only."""
    return _TABLES.sub(
        lambda found: f"FROM {found[1]} WHERE {OWN_EVENINGS}" + (" AND" if found[2] else ""), sql
    )
