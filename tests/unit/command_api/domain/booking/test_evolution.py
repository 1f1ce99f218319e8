"""A booking event of a damaged journal cannot bend the chain of an announcement's bookings."""

from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from contracts.events.announcement import AnnouncementDone, AnnouncementPublished
from contracts.events.booking import BookingRequested
from contracts.values.ids import SYSTEM, BookingId, PersonId
from tests.histories.notifier_events import BEGIN as NOON
from tests.histories.notifier_events import created


def request(booking_id: str, guest_id: str) -> BookingRequested:
    return BookingRequested(
        booking_id=BookingId(booking_id),
        announcement_id=created("e").announcement_id,
        author_id=created("e").author_id,
        guest_id=PersonId(guest_id),
        author_status=None,
        guest_status=True,
        taken=0,
    )


def test_a_booking_that_comes_with_another_guest_stays_one_link_of_the_chain() -> None:
    layer = Layer.empty()
    announcement_id = created("e").announcement_id
    for event in (
        created("e"),
        AnnouncementPublished(announcement_id=announcement_id, version=1),
        request("first", "ann"),
        request("second", "ben"),
        request("second", "carl"),
    ):
        apply(layer, event, NOON, SYSTEM)
    announcement = layer.announcements.get(announcement_id)
    assert announcement is not None
    chain = layer.bookings_of(announcement)
    assert [next(chain).id, next(chain).id] == ["second", "first"]
    assert next(chain, None) is None
    apply(layer, AnnouncementDone(announcement_id=announcement_id, version=2), NOON, SYSTEM)
