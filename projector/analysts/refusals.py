"""Table `refusals` of the analysts' database: what was refused to whom, without its facts."""

from typing import Final

from contracts.journal.records import Commit
from projector.analysts.rows import choose_columns, is_private
from projector.history.refusals import refused_parts
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
    """Add a row for each refusal in the Commit, unless the command is private."""
    if is_private(commit.command.kind):
        return
    for refused in refused_parts(commit):
        rows.add(choose_columns(REFUSAL_COLUMNS, refused._asdict(), pseudonyms))
