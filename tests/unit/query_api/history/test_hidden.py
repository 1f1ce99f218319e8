"""What the history tells of a text that an operator hid: nothing written before."""

from contracts.values.personal import HIDDEN_TEXT
from query_api.history.hidden import without_hidden
from tests.histories.notifier_events import announcement, created, edited


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
