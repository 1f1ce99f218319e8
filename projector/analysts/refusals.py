"""Table `refusals` of the analysts' database: what was refused to whom, without its facts."""

from typing import Any, Final

from contracts.journal.records import Commit
from projector.history.refusals import RefusedPart, refused_parts
from projector.history.rows import Rows
from runtime.pseudonyms import Pseudonyms

REFUSAL_COLUMNS: Final = (
    "seq",
    "part",
    "at_ms",
    "day",
    "code",
    "actor",
    "command",
    "announcement_id",
    "booking_id",
    "person_id",
)


def add_refusals(rows: Rows, commit: Commit, pseudonyms: Pseudonyms) -> None:
    """Add a row for each refusal in the Commit."""
    for refused in refused_parts(commit):
        rows.add(*_row_of(refused, pseudonyms))


def _row_of(refused: RefusedPart, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    replace = pseudonyms.replace
    return (
        refused.seq,
        refused.part,
        refused.at_ms,
        refused.day,
        refused.code,
        replace(refused.actor),
        refused.command,
        replace(refused.announcement_id),
        replace(refused.booking_id),
        replace(refused.person_id),
    )
