"""What the history tells of a text that an operator hid: nothing written before."""

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.rating import RatingGiven, RatingReplied
from contracts.values.ids import ReviewId
from contracts.values.personal import HIDDEN_TEXT
from query_api.history.hidden import without_hidden
from tests.histories.notifier_events import BEGIN, announcement, created, edited, person


def test_texts_before_the_hiding_are_told_to_nobody_and_later_ones_are() -> None:
    hidden = {str(announcement()): 10}
    shown = without_hidden(created(title="Fools", location_hint="Fools"), 9, hidden)
    assert shown == created(
        title=HIDDEN_TEXT,
        description=HIDDEN_TEXT,
        event_location=HIDDEN_TEXT,
        location_hint=None,
    )
    later = edited(title="A film")
    assert without_hidden(later, 11, hidden) is later
    assert without_hidden(edited(ticket_count=3), 9, hidden) == edited(ticket_count=3)
    assert without_hidden(created("other"), 9, hidden) == created("other")


def test_what_was_not_hidden_with_the_texts_is_told_as_before() -> None:
    evening, review = announcement(), ReviewId(str(person("a review")))
    hidden = {str(evening): 10, str(review): 10}
    off = AnnouncementCancelled(announcement_id=evening, version=3, by="author", reason="I am ill")
    assert without_hidden(off, 9, hidden) is off
    sides = {
        "review_id": review,
        "announcement_id": evening,
        "rater_id": person("anna"),
        "ratee_id": person("host"),
        "role": "host",
    }
    reply = RatingReplied(**sides, reply="I am sorry")  # type: ignore[arg-type]
    assert without_hidden(reply, 9, hidden) is reply
    given = RatingGiven(**sides, score=2, text="Fool", tags=("fool",), sealed_until=BEGIN)  # type: ignore[arg-type]
    told = without_hidden(given, 9, hidden)
    assert isinstance(told, RatingGiven)
    assert (told.text, told.tags, told.score) == (None, (), 2)
