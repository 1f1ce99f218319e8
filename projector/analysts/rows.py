"""Makes rows of the analysts' database: chosen columns, with pseudonyms in place of ids."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from runtime.pseudonyms import Pseudonyms

IDS: Final = frozenset(
    {
        "actor",
        "announcement_id",
        "author_id",
        "booking_id",
        "person_id",
        "ratee_id",
        "rater_id",
        "review_id",
    }
)
"""Columns whose values are never shown as they are."""

PRIVATE_NOUNS: Final = frozenset({"plan", "feed"})
"""First parts of the commands that concern nobody but the person who gives them."""
SHOWN_AS: Final[Mapping[str, str]] = {"plan.announce": "announcement.create"}
"""Such a command whose events others see, with the command that it is shown as."""


def is_private(command: str) -> bool:
    """Return whether analysts see nothing of what became of this command."""
    return command.partition(".")[0] in PRIVATE_NOUNS


def choose_columns(
    columns: Iterable[str], values: Mapping[str, Any], pseudonyms: Pseudonyms
) -> list[Any]:
    """Return the values of these columns, in their order."""
    return [pseudonyms.replace(values[name]) if name in IDS else values[name] for name in columns]
