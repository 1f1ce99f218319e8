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


def choose_columns(
    columns: Iterable[str], values: Mapping[str, Any], pseudonyms: Pseudonyms
) -> Iterable[Any]:
    """Return the values of these columns, in their order."""
    return [pseudonyms.replace(values[name]) if name in IDS else values[name] for name in columns]
