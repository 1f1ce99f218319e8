"""Asks ready questions about one host's evenings. Pure.

A host's figures come from the text that analysts ask, narrowed to the host's own evenings, so
that both count alike. They are asked of the history, which has the ids of people.
"""

from pathlib import Path
from typing import Final

from query_api.analysts.questions import (
    OF_EVENINGS,
    ReadyQuestion,
    narrow,
    parse_question,
    ready_questions,
)

NO_SHOWS: Final = Path(__file__).resolve().parent / "no_shows.sql"
"""Not among the ready questions: the tables of analysts store no-shows in another shape."""

OWN_EVENINGS: Final = """announcement_id IN
    (
        SELECT announcement_id FROM events
        WHERE type = 'announcement.created' AND author_id = %(host_id)s
    )"""


def list_questions() -> list[ReadyQuestion]:
    """Return the questions whose answers are a host's figures. Each takes the parameter `host_id`
    beside its own."""
    asked = [ready_questions()[name] for name in OF_EVENINGS]
    asked.append(parse_question(NO_SHOWS.read_text()))
    return [one._replace(sql=narrow(one.sql, OWN_EVENINGS)) for one in asked]
