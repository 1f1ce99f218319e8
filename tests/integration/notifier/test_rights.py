"""What a notice says, and to whom, is decided again when it goes; over a real PostgreSQL."""

from datetime import time, timedelta
from typing import Any

import pytest

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import (
    BookingApproved,
    BookingInvited,
    BookingRejected,
    BookingReleased,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.person import (
    PersonMuted,
    PersonReinstated,
    PersonSuspended,
    PersonUnmuted,
)
from notifier.delivery.preferences import Preferences
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)

SECRET = "Secret street 7"
NIGHT = Preferences(quiet_from=time(8), quiet_to=time(20))


@pytest.fixture
async def evening(cell: NotifierCell) -> NotifierCell:
    """A hidden address. Anna is confirmed, Boris asks, Vera is invited; all that was history."""
    history = cell.history
    history.tell(*(seen(name) for name in ("host", "anna", "boris", "vera")))
    history.tell(created(hide_location=True), published())
    for guest in ("anna", "boris"):
        history.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    history.tell(booking(BookingInvited, "vera", (True, None)))
    await cell.read_and_send()
    return cell


def leave(guest: str) -> Any:
    return {
        "anna": booking(BookingRejected, "anna", (False, True)),
        "boris": booking(BookingWithdrawn, "boris", (None, False)),
        "vera": booking(BookingRevoked, "vera", (False, None)),
    }[guest]


def texts(cell: NotifierCell, name: str) -> str:
    return "\n".join(
        f"{one.title} {one.text} {one.context}" for one in cell.around.got(person(name))
    )


@pytest.mark.parametrize("guest", ["anna", "boris", "vera"])
async def test_a_guest_who_is_out_does_not_get_the_edit_that_waits(
    evening: NotifierCell, guest: str
) -> None:
    evening.history.tell(edited(event_location=SECRET, title="New"))
    evening.history.wait(seconds=20)
    evening.history.tell(leave(guest))
    await evening.wait(seconds=70)
    assert evening.around.got(person(guest), "announce_put") == []
    assert SECRET not in texts(evening, guest)
    states = await evening.states(person(guest), "announce_put")
    assert states == {"announce_put": ("dropped", "not_involved")}
    assert SECRET in texts(evening, "host")


async def test_neither_after_quiet_hours(evening: NotifierCell) -> None:
    await evening.preferences.save(person("anna"), NIGHT)  # 9:00 in UTC is noon in Moscow.
    evening.history.tell(edited(event_location=SECRET))
    await evening.wait(minutes=2)
    evening.history.tell(leave("anna"))
    await evening.wait(hours=9)
    assert evening.around.got(person("anna"), "announce_put") == []
    assert evening.around.got(person("anna"), "booking_status") != []
    assert SECRET not in texts(evening, "anna")


async def test_a_place_that_is_hidden_after_its_edit_is_not_told(cell: NotifierCell) -> None:
    history = cell.history
    history.tell(seen("host"), seen("anna"), seen("boris"), created(), published())
    for guest in ("anna", "boris"):
        history.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    await cell.read_and_send()
    history.tell(edited(event_location=SECRET))
    history.wait(seconds=30)
    history.tell(edited(hide_location=True))
    await cell.wait(seconds=61)
    (notice,) = cell.around.got(person("boris"), "announce_put")
    assert notice.context["diff"] == {"event_location": {"hidden": True}}
    assert SECRET not in texts(cell, "boris")
    assert SECRET in texts(cell, "anna")


async def test_an_invitation_that_is_revoked_at_night_is_never_told(cell: NotifierCell) -> None:
    cell.history.tell(seen("host"), seen("vera"), created(visibility="invite"), published())
    await cell.preferences.save(person("vera"), NIGHT)
    cell.history.tell(booking(BookingInvited, "vera", (True, None)))
    await cell.read_and_send()
    cell.history.tell(leave("vera"))
    cell.history.tell(AnnouncementCancelled(announcement_id=announcement(), version=4, by="author"))
    await cell.wait(hours=9)
    assert cell.around.got(person("vera"), "booking_new") == []


@pytest.mark.parametrize(("visibility", "follows"), [("subscribers", False), ("invite", True)])
async def test_an_evening_that_was_closed_to_a_stranger_is_not_announced_to_them(
    cell: NotifierCell, visibility: str, follows: bool
) -> None:
    cell.around.followers_of = {person("host"): (person("fan"), person("anna"))}
    for name in ("fan", "anna"):
        await cell.preferences.save(person(name), NIGHT)
    cell.history.tell(seen("host"), created(), published())
    await cell.read_and_send()
    cell.history.tell(edited(visibility=visibility))
    if not follows:
        cell.around.followers_of = {person("host"): (person("anna"),)}
    await cell.wait(hours=9)
    assert cell.around.got(person("fan"), "announce_new") == []
    heard = cell.around.got(person("anna"), "announce_new")
    assert len(heard) == (visibility == "subscribers")


async def test_without_ugc_a_followers_evening_waits_to_be_announced(cell: NotifierCell) -> None:
    cell.around.followers_of = {person("host"): (person("fan"),)}
    await cell.preferences.save(person("fan"), NIGHT)
    cell.history.tell(seen("host"), created(visibility="subscribers"), published())
    await cell.read_and_send()
    cell.around.down = {"ugc"}
    await cell.wait(hours=9)
    assert cell.around.got(person("fan")) == []
    cell.around.down = set()
    await cell.wait(hours=1)
    assert len(cell.around.got(person("fan"), "announce_new")) == 1


async def test_a_host_who_loses_a_guest_is_not_told_to_which_evening(evening: NotifierCell) -> None:
    other = announcement("hidden")
    released = booking(
        BookingReleased, "anna", (True, False), reason="moved_clash", clashes=(other,)
    )
    evening.history.tell(released, by="operator")
    await evening.read_and_send()
    assert other in texts(evening, "anna")
    assert evening.around.got(person("host"), "booking_status")[-1].context["what"] == "released"
    assert other not in texts(evening, "host")


async def test_a_guest_reads_which_of_their_own_evenings_one_overlaps(
    evening: NotifierCell,
) -> None:
    history = evening.history
    history.tell(created("own", "anna", movie_title="Stalker"), published("own"))
    history.tell(created("hidden", movie_title="Mirror"), published("hidden"))
    clashes = (announcement("own"), announcement("hidden"))
    held: dict[str, Any] = {"hold_until": created().event_time, "clashes": clashes}
    history.tell(booking(BookingUnsettled, "anna", (True, None), **held), by="host")
    await evening.read_and_send()
    told = evening.around.got(person("anna"), "booking_status")[-1].text
    assert "Overlaps: 2.\nOverlaps another evening of yours: Stalker: Thursday" in told
    assert "Mirror" not in texts(evening, "anna"), "it has never been Anna's"
    history.tell(booking(BookingApproved, "anna", (True, True), "hidden"))
    history.tell(booking(BookingUnsettled, "anna", (True, None), **held), by="host")
    await evening.read_and_send()
    told = evening.around.got(person("anna"), "booking_status")[-1].text
    assert "Overlaps: 2." not in told
    assert "Mirror: Thursday" in told
    assert "overlaps" not in texts(evening, "host")


async def test_while_the_journal_is_read_again_nothing_is_told(evening: NotifierCell) -> None:
    evening.history.tell(edited(event_location=SECRET))
    await evening.read()
    evening.history.tell(leave("anna"))
    await evening.pool.execute("UPDATE notifier.reader_position SET seq = 0")
    evening.now += timedelta(minutes=2)
    await evening.send()
    assert evening.around.got(kind="announce_put") == []
    await evening.forget()
    await evening.wait(minutes=10)
    assert SECRET not in texts(evening, "anna")
    assert SECRET in texts(evening, "host")


async def test_a_muted_host_is_not_heard_and_what_stands_goes_on(evening: NotifierCell) -> None:
    """The fan would hear of a new evening, Boris get an invitation to it; both at night."""
    evening.around.followers_of = {person("host"): (person("fan"), person("anna"))}
    for name in ("fan", "boris", "vera"):
        await evening.preferences.save(person(name), NIGHT)
    history = evening.history
    history.tell(created("next"), published("next"))
    history.tell(booking(BookingInvited, "boris", (True, None), "next"))
    await evening.read_and_send()
    for name in ("fan", "boris", "anna", "vera"):
        muted = PersonMuted(person_id=person(name), host_id=person("host"))
        history.tell(muted, by=name)
    history.tell(PersonUnmuted(person_id=person("vera"), host_id=person("host")), by="vera")
    history.tell(booking(BookingInvited, "vera", (True, None), "next"))
    history.tell(edited(title="Still on"))
    await evening.wait(hours=9)
    next_one = announcement("next")

    def heard(name: str, kind: str) -> int:
        found = evening.around.got(person(name), kind)
        return len([one for one in found if one.context["announcement_id"] == next_one])

    assert heard("anna", "announce_new") == 1, "told before she muted the host"
    assert heard("fan", "announce_new") == heard("boris", "booking_new") == 0
    assert heard("vera", "booking_new") == 1
    states = await evening.states(person("fan"))
    assert states == {"announce_new": ("dropped", "muted")}
    assert len(evening.around.got(person("anna"), "announce_put")) == 1


async def test_a_nul_in_a_recorded_text_is_no_obstacle_for_whoever_mutes_somebody(
    evening: NotifierCell,
) -> None:
    """Earlier versions recorded such texts."""
    evening.history.tell(
        PersonMuted(person_id=person("anna"), host_id=person("somebody")), by="anna"
    )
    evening.history.tell(edited(title="A\0 \\u0000"))
    await evening.wait(minutes=10)
    assert len(evening.around.got(person("anna"), "announce_put")) == 1


async def test_suspensions_are_folded_and_lifted(cell: NotifierCell) -> None:
    for name in ("anna", "boris"):
        cell.history.tell(PersonSuspended(person_id=person(name), reason="spam"), by="operator")
    cell.history.tell(PersonReinstated(person_id=person("boris")), by="operator")
    await cell.read()
    found = await cell.pool.fetch("SELECT person_id FROM notifier.suspensions")
    assert [row["person_id"] for row in found] == [person("anna")]
