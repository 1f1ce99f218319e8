"""States where personal data is, for how long and why."""

from typing import Final, NamedTuple

from notifier.forgetting.retention import KEEP_DAYS
from runtime.outside.wiring import OutsideSettings


class DataPlace(NamedTuple):
    place: str
    holds: str
    how_long: str
    why: str
    goes_on_to: str


def _cached_for(name: str) -> str:
    """Return how long answers of an outside service are kept, unless set otherwise."""
    return f"{OutsideSettings.model_fields[name].default.ttl_s:g} s"


PLACES: Final = (
    DataPlace(
        "journal (SQLite file, Kafka topic)",
        "every event, with the names and words in it; of each command the hexadecimal request id "
        "(`traceparent`), which the client may have chosen",
        "until it is renewed without what was erased",
        "the only source of truth; seats are proved from it",
        "all places below",
    ),
    DataPlace(
        "image of a command process (memory, SQLite file)",
        "the present state, and the answers to the last commands",
        "as long as the journal; answers until their keys are forgotten",
        "decides and answers commands",
        "answers to clients",
    ),
    DataPlace(
        "`read_model` in PostgreSQL",
        "the present state, and all decisions",
        "as long as the journal",
        "answers reads, searches, feeds, `why`",
        "answers to clients",
    ),
    DataPlace(
        "`notifier` in PostgreSQL",
        "what people were told and are to be told, with the ids of the requests that caused it",
        f"{KEEP_DAYS} days once finished; erased within minutes of `person.erased`",
        "nobody is told twice; operators see what was sent",
        "Notification, targets of the operator",
    ),
    DataPlace(
        "targets of the operator (none by default)",
        "title, hint at the place and host of public announcements whose authors asked for it",
        "withdrawn after `person.erased` where the target can; elsewhere as the target decides",
        "announcements reach people outside",
        "whoever reads there",
    ),
    DataPlace(
        "history in ClickHouse",
        "every event and refusal",
        "as long as the journal",
        "audit trail, the past (`as_of`), rating pages",
        "answers to clients, analysts' database",
    ),
    DataPlace(
        "`practix_analysts` in ClickHouse",
        "codes, numbers and pseudonyms, no words",
        "see [analysts](analysts.md)",
        "questions of analysts",
        "exports, reports, dashboards",
    ),
    DataPlace(
        "cache of Auth's answers",
        "name, language, zone",
        _cached_for("people"),
        "commands need them",
        "`person.seen`",
    ),
    DataPlace(
        "verified tokens (memory)",
        "the token, and the person's id",
        "until 20,000 newer ones have come, or the process ends",
        "a request is authenticated without decoding its token again",
        "nothing",
    ),
    DataPlace(
        "rate limits (memory)",
        "ids of people, addresses of clients",
        "two minutes, until the next request of anybody",
        "nobody takes more than their share",
        "nothing",
    ),
    DataPlace(
        "cache of UGC's answers",
        "ids of whom a person follows",
        _cached_for("follows"),
        "who may see announcements for followers",
        "nothing",
    ),
    DataPlace(
        "stand-in (SQLite file; tests and demos only)",
        "people, followings, inboxes",
        "as long as the file; notices until they are retracted or forgotten",
        "plays Auth, UGC and Notification",
        "inbox pages",
    ),
    DataPlace(
        "checkpoints of verify (SQLite files)",
        "the rows that the tables should have",
        "the newest two; one from before an erasure is deleted",
        "a later verify goes on from them",
        "nothing",
    ),
    DataPlace(
        "logs",
        "what a process did, and when which pseudonym asked which route: positions, codes, places "
        "in the code, request ids; no words",
        "set by whoever keeps them",
        "finding mistakes",
        "nothing",
    ),
    DataPlace(
        "spans (none by default)",
        "as logs",
        "set by whoever keeps the collector",
        "finding where time goes",
        "the operator's collector",
    ),
    DataPlace(
        "back-ups of all these",
        "what was there when they were made",
        "set by whoever makes them; let them expire",
        "restoring",
        "nothing",
    ),
)
"""In the order in which data goes from one to the next."""
