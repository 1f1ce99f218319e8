"""Guests with full calendars, and authors who keep moving their announcements (properties).

`test_any_history` seldom has a guest at several announcements; here everybody is everywhere, and
all that must hold of holds and of guests who have to choose is checked by `RandomCell`.
"""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings

from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand
from contracts.events.booking import BookingResettled, BookingUnsettled
from contracts.values.ids import SYSTEM, AnnouncementId, PersonId
from tests.unit.command_api.domain.random_cell import Dice, RandomCell, rules, steps
from tests.unit.command_api.domain.spec import NOON, announce, ask, cancel, change, invite, say

AUTHORS = [PersonId(f"host-{number}") for number in range(4)]
GUESTS = [PersonId(f"guest-{number}") for number in range(3)]
SLOTS = [26 + 3 * number for number in range(6)]


def crowded(ruled_by: Rules) -> RandomCell:
    """Each author has an announcement, and each guest is confirmed at all of them."""
    cell = RandomCell(ruled_by)
    for author, hours in zip(AUTHORS, SLOTS, strict=False):
        announcement = AnnouncementId(f"of-{author}")
        cell.hear(author, announce(announcement, hours=hours, seats=len(GUESTS) + 1))
        for guest in GUESTS:
            cell.hear(guest, ask(guest, announcement))
            cell.hear(author, say(True, guest, announcement))
    return cell


def moves(dice: Dice, cell: RandomCell) -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    hours = dice.of(*SLOTS, *(slot + 1 for slot in SLOTS), (cell.hours + dice.of(1, 3, 12)))
    return announcement.author_id, change(announcement.id, event_time=NOON + timedelta(hours=hours))


def calls_off(dice: Dice, cell: RandomCell) -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    return announcement.author_id, cancel(announcement.id)


def answers(dice: Dice, cell: RandomCell) -> tuple[PersonId, AnyCommand]:
    announcement, guest = dice.of(*cell.live()), dice.of(*GUESTS)
    actor = dice.of(guest, guest, announcement.author_id)
    return actor, say(dice.of(True, True, False), guest, announcement.id)


def invites(dice: Dice, cell: RandomCell) -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    hold = cell.hours + dice.of(1, 12)
    return announcement.author_id, invite(
        PersonId("somebody"), announcement=announcement.id, hold_hours=hold
    )


def authors_too(dice: Dice, cell: RandomCell) -> tuple[PersonId, AnyCommand]:
    guest = dice.of(*GUESTS)
    announcement = AnnouncementId(f"evening-{len(cell.folded.announcements.own)}")
    return guest, announce(announcement, hours=dice.of(*SLOTS))


def wander(cell: RandomCell, history: list[int]) -> RandomCell:
    for number in filter(None, history):
        if not cell.live():
            break
        dice = Dice(number)
        cell.now += timedelta(hours=dice.of(*[0] * 20, 0.5, 6))
        for deadline in cell.deadlines() if dice.of(True, False) else ():
            cell.hear(SYSTEM, deadline)
        if cell.live():
            wish: Any = dice.of(*[moves] * 7, *[answers] * 3, invites, calls_off, authors_too)
            cell.hear(*wish(dice, cell))
    cell.check_layers()
    return cell


@settings(max_examples=100, deadline=None)
@given(rules, steps)
def test_however_authors_move_their_announcements(ruled_by: Rules, history: list[int]) -> None:
    wander(crowded(ruled_by), history)


def test_guests_are_unsettled_and_settled_again() -> None:
    """So that the property above is about them."""
    cell = wander(crowded(DEFAULT_RULES), [pow(7, number, 2**64) for number in range(3, 90)])
    assert cell.recorded[BookingUnsettled] >= 3
    assert cell.recorded[BookingResettled] >= 3
