"""Nobody's crowd delays another's notices. This counts batches, never seconds."""

from datetime import timedelta

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingInvited, BookingRequested
from contracts.values.ids import PersonId
from notifier.store.operators.acts import Signature
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import announcement, booking, created, person, published, seen

CROWD = 1_500
GUESTS_OF_ONE_COMMIT = 100
LAST_IN_LINE = "SELECT max(id) FROM notifier.notices WHERE turn IS NOT NULL"
STATE_OF = "SELECT state FROM notifier.notices WHERE id = $1"


def crowd(cell: NotifierCell, size: int = CROWD) -> None:
    """One host's evening, to which so many are invited: two notices for each."""
    cell.history.tell(seen("host"), created(), published())
    for first in range(0, size, GUESTS_OF_ONE_COMMIT):
        cell.history.tell(
            *(
                booking(BookingInvited, f"guest {number}", (True, None))
                for number in range(first, first + GUESTS_OF_ONE_COMMIT)
            )
        )


def other_host(cell: NotifierCell) -> None:
    cell.history.tell(seen("other"), created("x", host="other"), published("x"), by="other")


def other_request(cell: NotifierCell, guest: str = "zoe") -> None:
    asked = booking(BookingRequested, guest, (None, True), "x", author_id=person("other"))
    cell.history.tell(seen(guest), asked, by=guest)


def cancelled(name: str = "e") -> AnnouncementCancelled:
    return AnnouncementCancelled(announcement_id=announcement(name), version=3, by="author")


async def batches_until_told(cell: NotifierCell, recipient: PersonId, kind: str) -> int:
    dispatcher = cell.dispatcher()
    batches = 0
    while not cell.around.got(recipient, kind):
        assert await dispatcher.dispatch_due(), f"not told after {batches} batches"
        batches += 1
    return batches


async def test_an_unrelated_host_is_told_in_the_first_batch(cell: NotifierCell) -> None:
    crowd(cell)
    other_host(cell)
    other_request(cell)
    await cell.read()
    assert await batches_until_told(cell, person("other"), "booking_new") == 1
    await cell.send()
    assert len(cell.around.got(kind="booking_new")) == 2 * CROWD + 2


async def test_who_comes_while_a_crowd_is_served_joins_the_turn_that_is_served(
    cell: NotifierCell,
) -> None:
    crowd(cell)
    other_host(cell)
    await cell.read()
    dispatcher = cell.dispatcher()
    for _ in range(3):
        await dispatcher.dispatch_due()
    cell.now = cell.history.now = cell.now + timedelta(seconds=1)
    other_request(cell)
    await cell.read()
    assert await batches_until_told(cell, person("other"), "booking_new") == 1


async def test_two_crowds_are_served_side_by_side(cell: NotifierCell) -> None:
    crowd(cell, 200)
    other_host(cell)
    for number in range(100):
        other_request(cell, f"zoe {number}")
    await cell.read()
    await cell.dispatcher().dispatch_due()
    hosts = [one.context["author_id"] for one in cell.around.got()]
    assert hosts.count(person("host")) == hosts.count(person("other")) == len(hosts) / 2


async def test_a_cancellation_goes_before_the_crowd_of_the_same_host(cell: NotifierCell) -> None:
    crowd(cell)
    cell.history.tell(created("y"), published("y"))
    cell.history.tell(booking(BookingInvited, "anna", (True, None), "y"))
    await cell.read()
    cell.history.tell(cancelled("y"))
    await cell.read()
    assert await batches_until_told(cell, person("anna"), "announce_delete") == 1


async def test_a_crowd_of_cancellations_does_not_stop_all_the_rest(cell: NotifierCell) -> None:
    crowd(cell)
    cell.history.tell(cancelled())
    other_host(cell)
    other_request(cell)
    await cell.read()
    assert await batches_until_told(cell, person("other"), "booking_new") == 1


async def test_what_is_put_off_while_it_stands_in_line_keeps_its_new_time(
    cell: NotifierCell,
) -> None:
    crowd(cell, 200)
    await cell.read()
    dispatcher = cell.dispatcher()
    await dispatcher.dispatch_due()
    last = await cell.pool.fetchval(LAST_IN_LINE)
    later, signature = cell.now + timedelta(hours=2), Signature(None, cell.now)
    await cell.moderation.reschedule([last], later, signature, dry_run=False)
    await cell.send()
    assert await cell.pool.fetchval(STATE_OF, last) == "waiting"
    await cell.wait(hours=2)
    assert await cell.pool.fetchval(STATE_OF, last) == "sent"


async def test_announcements_to_followers_are_expanded_by_turns(cell: NotifierCell) -> None:
    cell.around.followers_of = {
        person("host"): (person("fan"),),
        person("other"): (person("fan of other"),),
    }
    cell.history.tell(seen("host"), by="host")
    for number in range(20):
        name = f"evening {number}"
        cell.history.tell(created(name), published(name))
    other_host(cell)
    await cell.read()
    assert await batches_until_told(cell, person("fan of other"), "announce_new") <= 2
