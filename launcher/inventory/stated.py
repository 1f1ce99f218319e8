"""States the texts of places whose columns do not say it themselves. Tests compare them with the
tables and types as they are."""

from typing import Final

from contracts.values.languages import HOME_LANGUAGE
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
from contracts.values.zones import HOME_ZONE
from launcher.inventory.texts import NOBODY, Inventory, texts

ERASED: Final = f"`{ERASED_TEXT}`"
NOTICE_ERASED: Final = f"{ERASED} or absent; those to the person are deleted"
REQUEST: Final = "a hexadecimal request id, which the client may have chosen"
EMPTY: Final = "empty"

NOTIFIER: Final[Inventory] = {
    "notifier.dead_letters": (
        texts("request_id", "whoever gave the command", "absent"),
        texts("actor", "ids"),
        texts("type key reason", NOBODY),
    ),
    "notifier.deleted_notices": (texts("key kind state reason", NOBODY),),
    "notifier.erasures": (texts("state", NOBODY),),
    "notifier.evenings": (texts("state", "the author, and the film", ERASED),),
    "notifier.fanouts": (
        texts("facts", "the author", ERASED),
        texts("traceparent", REQUEST, EMPTY),
        texts("event_type state reason", NOBODY),
    ),
    "notifier.links": (texts("short_link", NOBODY),),
    "notifier.moderation": (
        texts("signed_by", "an operator, who answers for the act"),
        texts("act target before after", NOBODY),
    ),
    "notifier.notices": (
        texts("facts", "the author and the guest of the announcement", NOTICE_ERASED),
        texts("key kind state reason crowd guest_id", NOBODY),
    ),
    "notifier.people": (
        texts("name", "the person", f"`{ERASED_NAME}`"),
        texts("language tz", "the person", f"`{HOME_LANGUAGE}`, `{HOME_ZONE}`"),
    ),
    "notifier.plans": (texts("times places", "the person", "the row is deleted"),),
    "notifier.free_times": (texts("tz times", "the person", "the row is deleted"),),
    "notifier.preferences": (texts("wishes", "the person", "the row is deleted"),),
    "notifier.publications": (
        texts("traceparent", REQUEST, EMPTY),
        texts("target state reason", NOBODY),
    ),
    "notifier.reader_position": (texts("reader hash nonce", NOBODY),),
    "notifier.retractions": (texts("key", NOBODY),),
    "notifier.sources": (texts("traceparent", REQUEST, EMPTY), texts("kind event_type", NOBODY)),
}
"""The notifier's tables in PostgreSQL."""

HISTORY: Final[Inventory] = {
    "history.events": (
        texts("words", "the person in `words_of`", "empty"),
        texts("words_of", "ids", "empty"),
        texts("actor announcement_id author_id person_id booking_id movie_id", "ids"),
        texts("payload", "ids, and operators, who answer for their acts"),
        texts("type command reason movie_title movie_title_ru visibility", NOBODY),
    ),
    "history.history_position": (texts("reader hash nonce", NOBODY),),
    "history.ratings": (
        texts("tags", "the person in `rater_id`", "`[]`"),
        texts("review_id announcement_id rater_id ratee_id", "ids"),
        texts("type role", NOBODY),
    ),
    "history.refusals": (
        texts("actor announcement_id booking_id person_id", "ids"),
        texts("code command facts", NOBODY),
    ),
    "history.schema_migrations": (texts("name sha256", NOBODY),),
    "practix_analysts.events": (
        texts("actor announcement_id author_id person_id booking_id", "pseudonyms"),
        texts("type command reason movie_id movie_title movie_title_ru", NOBODY),
        texts("tz visibility price_currency", NOBODY),
    ),
    "practix_analysts.refusals": (
        texts("actor announcement_id booking_id person_id", "pseudonyms"),
        texts("code command", NOBODY),
    ),
    "practix_analysts.ratings": (
        texts("review_id announcement_id rater_id ratee_id", "pseudonyms"),
        texts("type role", NOBODY),
    ),
    "practix_analysts.notices": (
        texts("notice_id announcement_id booking_id", "pseudonyms"),
        texts("recipient_id", "pseudonyms", "the row is deleted"),
        texts("kind state reason", NOBODY),
    ),
    "practix_analysts.clicks": (texts("announcement_id", "pseudonyms"),),
    "practix_analysts.copied": (texts("source epoch", NOBODY),),
    "practix_analysts.history_position": (texts("reader hash nonce", NOBODY),),
    "practix_analysts.schema_migrations": (texts("name sha256", NOBODY),),
}
"""The tables in ClickHouse, views left out."""

IMAGE: Final[Inventory] = {
    "Announcement": (
        texts("title description event_location", "the author", ERASED),
        texts("location_hint", "the author", "absent"),
        texts("cancel_reason", "whoever called it off", "absent"),
        texts("movie_title movie_title_ru price_currency tz", NOBODY),
    ),
    "Booking": (texts("reason message", "the side that spoke last", "absent"),),
    "Broadcast": (texts("text", "the author", ERASED),),
    "Erasure": (texts("by", "an operator, who answers for the act"),),
    "FreeTimes": (
        texts("times", "the person", "none"),
        texts("tz", "the person", f"`{HOME_ZONE}`"),
    ),
    "Person": (
        texts("name", "the person", f"`{ERASED_NAME}`"),
        texts("language tz", "the person", f"`{HOME_LANGUAGE}`, `{HOME_ZONE}`"),
    ),
    "Post": (texts("text_digest", "the writer: a digest of the text", f"that of {ERASED}"),),
    "FilmPlan": (
        texts("times places", "the person", "none"),
        texts("movie_title movie_title_ru", NOBODY),
    ),
    "Suspension": (
        texts("reason", "the person", ERASED),
        texts("by", "an operator, who answers for the act"),
    ),
    "Rating": (
        texts("text", "the rater", "absent"),
        texts("tags", "the rater", "none"),
        texts("reply", "the rated author", "absent"),
    ),
    "StoredAnswer": (texts("fingerprint query_fingerprint", "nobody can read them"),),
    "Outcome": (
        texts("code", NOBODY),
        texts("facts", "nobody, or the operator who had the journal renewed"),
    ),
}
"""What a command process folds, in memory and in its SQLite file."""

STAND_IN: Final[Inventory] = {
    "person": (
        texts("name language tz", "the person, whom Auth goes on to know"),
        texts("user_id", "ids"),
    ),
    "follower": (texts("author_id follower_id", "ids"),),
    "notice": (
        texts("title text", "the people whom the notice is about", "written anew without them"),
        texts("context", "the people whom the notice is about", "empty"),
        texts("user_id", "ids"),
        texts("key notification_id source_name event_type", NOBODY),
        texts("short_link created_at", NOBODY),
    ),
    "retracted": (texts("title text key", NOBODY),),
    "link": (texts("target code", NOBODY),),
    "click": (texts("target clicked_at", NOBODY),),
}
"""The SQLite file of the stand-in."""
