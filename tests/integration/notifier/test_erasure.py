"""Nobody is told the name or the words of an erased person any more, whatever was sent before."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingApproved, BookingRejected, BookingRequested
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonSeen,
)
from contracts.values.ids import SYSTEM, PersonId
from contracts.values.targets import TargetName
from notifier.delivery.preferences import Preferences
from runtime.outside.ports import Notice
from tests.cells.notifier_cell import Around, NotifierCell
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)

CANARY: Final = "Kanarienvogel"
"""Part of everything that the erased person typed, and of the name."""
REQUEST_ID: Final = "5ca1ab1e" * 4
TABLES: Final = [
    "people",
    "evenings",
    "participations",
    "notices",
    "deleted_notices",
    "sources",
    "fanouts",
    "preferences",
    "mutes",
    "dead_letters",
    "erasures",
    "erasure_requests",
    "retractions",
]
DONE: Final = 0


@pytest.fixture
def evening(cell: NotifierCell) -> NotifierCell:
    """The host's evening. The host typed everything about it; Anna is confirmed, Boris was turned
    down, a fan follows."""
    told = cell.history
    cell.around.followers_of = {person("host"): (person("fan"),)}
    told.tell(named("host"), seen("anna"), seen("boris"))
    texts = {name: f"{CANARY} {name}" for name in ("title", "description", "event_location")}
    told.tell(created(**texts), published())
    told.tell(request("anna", message="May I?"), by="anna")
    told.tell(request("boris"), by="boris")
    told.tell(booking(BookingApproved, "anna", (True, True)))
    told.tell(booking(BookingRejected, "boris", (False, True), reason=f"{CANARY}: no"))
    told.tell(edited(title=f"{CANARY} again", event_location=f"{CANARY} street"))
    return cell


def named(name: str) -> PersonSeen:
    return PersonSeen(person_id=person(name), name=f"{CANARY} {name}", language="en", tz="UTC")


def request(guest: str, **fields: Any) -> Any:
    return booking(BookingRequested, guest, (None, True), **fields)


def cancelled(reason: str) -> AnnouncementCancelled:
    return AnnouncementCancelled(
        announcement_id=announcement(), version=9, by="author", reason=reason
    )


def erase(cell: NotifierCell, name: str) -> None:
    cell.history.tell(PersonErased(person_id=person(name)), by=SYSTEM)


def shown(around: Around, name: str | None = None) -> str:
    """Return everything that Notification shows to a person, or to all."""
    recipient = None if name is None else person(name)
    return "\n".join(f"{one.title} {one.text} {one.context}" for one in around.got(recipient))


async def stored(cell: NotifierCell) -> str:
    """Return all rows of the notifier."""
    rows = []
    for table in TABLES:
        rows += await cell.pool.fetch(f"SELECT t::text FROM notifier.{table} t")
    return "\n".join(row["t"] for row in rows)


async def pending(cell: NotifierCell) -> int:
    count: int = await cell.pool.fetchval(
        "SELECT (SELECT count(*) FROM notifier.erasures)"
        " + (SELECT count(*) FROM notifier.retractions)"
    )
    return count


async def test_what_was_sent_shows_nothing_of_an_erased_author(evening: NotifierCell) -> None:
    await evening.wait(minutes=2)
    evening.history.tell(cancelled(reason=f"{CANARY} is ill"))
    await evening.read_and_send()
    assert {CANARY in shown(evening.around, name) for name in ("anna", "boris", "fan")} == {True}
    await evening.preferences.save(person("host"), Preferences(language="ru"))

    erase(evening, "host")
    await evening.read()
    await evening.erase()
    assert CANARY not in shown(evening.around)
    assert CANARY not in await stored(evening)
    assert evening.around.got(person("host")) == []
    assert await evening.lines(person("host")) == []
    assert await evening.preferences.load(person("host")) == Preferences()
    assert await pending(evening) == DONE
    (told,) = evening.around.got(person("anna"), "announce_delete")
    assert told.title == "Cancelled: [erased]"
    assert "Solaris" in told.text


async def test_what_was_sent_shows_nothing_of_an_erased_guest(cell: NotifierCell) -> None:
    cell.history.tell(seen("host"), named("anna"), created(), published())
    cell.history.tell(request("anna", message=f"{CANARY} asks"), by="anna")
    cell.history.tell(booking(BookingApproved, "anna", (True, True), message="Welcome"))
    await cell.read_and_send()
    assert CANARY in shown(cell.around, "host")
    erase(cell, "anna")
    await cell.read()
    await cell.erase()
    assert CANARY not in shown(cell.around)
    assert CANARY not in await stored(cell)
    (asked,) = cell.around.got(person("host"), "booking_new")
    assert asked.title == "erased person wants to come"
    assert "Together" in asked.text, "what the author typed is the author's"
    assert cell.around.got(person("anna")) == []


@pytest.mark.parametrize("carried_out", [True, False], ids=["after", "before"])
async def test_what_waits_tells_nothing_of_an_erased_person(
    evening: NotifierCell, carried_out: bool
) -> None:
    await evening.read()
    erase(evening, "host")
    await evening.read()
    if carried_out:
        await evening.erase()
    await evening.wait(minutes=2)
    assert CANARY not in shown(evening.around)
    assert "erased person" in shown(evening.around, "anna")
    assert evening.around.got(person("host")) == []
    assert evening.around.got(person("fan")) == [], "the fan-out is dropped"
    (put,) = evening.around.got(person("anna"), "announce_put")
    assert put.context["title"] == "[erased]"
    await evening.erase()
    assert CANARY not in await stored(evening)


async def test_one_batch_may_hold_a_persons_words_and_their_erasure(evening: NotifierCell) -> None:
    erase(evening, "host")
    await evening.read_and_send()
    await evening.wait(minutes=2)
    assert CANARY not in shown(evening.around)
    assert CANARY not in await stored(evening)
    assert evening.around.got(person("host")) == []


class Slow(Around):
    """Notification takes what it is sent only after `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def send(self, notice: Notice) -> None:
        self.begun.set()
        await self.go.wait()
        await super().send(notice)


async def test_a_notice_that_is_on_its_way_is_shown_without_the_words(
    evening: NotifierCell,
) -> None:
    slow = evening.around = Slow()
    await evening.read()
    sending = asyncio.create_task(evening.dispatcher().dispatch_due())
    await slow.begun.wait()
    erase(evening, "host")
    await evening.read()
    await evening.erase()
    assert shown(slow) == ""
    slow.go.set()
    await sending
    assert slow.got() != []
    assert CANARY not in shown(slow)


async def test_what_notification_does_not_do_is_asked_for_until_it_does(
    evening: NotifierCell,
) -> None:
    await evening.wait(minutes=2)
    erase(evening, "host")
    await evening.read()
    evening.around.down.add("notification")
    await evening.erase()
    assert CANARY not in await stored(evening)
    assert await pending(evening) > DONE
    evening.around.down.clear()
    await evening.wait(hours=1)
    await evening.erase()
    assert await pending(evening) == DONE
    assert CANARY not in shown(evening.around)


async def test_many_notices_are_erased_a_few_at_a_time(evening: NotifierCell) -> None:
    await evening.wait(minutes=2)
    erase(evening, "host")
    await evening.read()
    eraser = evening.eraser(rows_at_once=2)
    await eraser.carry_out_some()
    assert CANARY in await stored(evening), "one step does not do everything"
    await evening.erase(eraser)
    assert CANARY not in await stored(evening)
    assert CANARY not in shown(evening.around)


async def test_two_people_of_one_notice_may_be_erased(cell: NotifierCell) -> None:
    cell.history.tell(named("host"), named("anna"), created(title=CANARY), published())
    cell.history.tell(request("anna", message=CANARY), by="anna")
    await cell.read_and_send()
    for name in ("anna", "host"):
        erase(cell, name)
        await cell.read()
        await cell.erase()
    assert cell.around.got() == []
    assert CANARY not in await stored(cell)


async def test_who_comes_back_begins_anew(evening: NotifierCell) -> None:
    evening.history.tell(PersonMuted(person_id=person("host"), host_id=person("anna")), by="host")
    await evening.wait(minutes=2)
    erase(evening, "host")
    evening.history.wait(seconds=1)
    evening.history.tell(
        PersonSeen(person_id=person("host"), name="Phoenix", language="en", tz="UTC"),
        created("new", title="Anew"),
        published("new"),
    )
    evening.history.tell(request("anna", name="new"), by="anna")
    await evening.at(evening.history.now)
    await evening.erase()
    assert CANARY not in shown(evening.around)
    (asked,) = evening.around.got(person("host"), "booking_new")
    assert "Anew" in asked.text
    (receipt,) = evening.around.got(person("anna"), "booking_status")
    assert "Phoenix" not in receipt.text, "an old notice does not get the new name"
    assert "Phoenix" in shown(evening.around, "anna")
    assert await evening.pool.fetchval("SELECT count(*) FROM notifier.mutes") == 0


async def test_an_erased_person_is_told_nothing_as_a_follower(cell: NotifierCell) -> None:
    cell.around.followers_of = {person("host"): (person("anna"), person("boris"))}
    cell.history.tell(seen("host"), seen("anna"))
    erase(cell, "anna")
    cell.history.tell(created(), published())
    await cell.read_and_send()
    assert cell.around.got(person("anna")) == []
    assert cell.around.got(person("boris")) != []
    assert await cell.states(person("anna")) == {"announce_new": ("dropped", "erased")}


async def test_a_journal_that_is_read_again_erases_the_state_and_nothing_else(
    evening: NotifierCell,
) -> None:
    await evening.wait(minutes=2)
    erase(evening, "host")
    await evening.read()
    await evening.erase()
    await evening.preferences.save(person("host"), Preferences(language="ru"))
    await evening.forget(["people", "evenings", "participations"])
    await evening.read()
    assert CANARY not in await stored(evening)
    assert await evening.preferences.load(person("host")) == Preferences(language="ru")
    assert await pending(evening) == DONE


async def test_rows_that_cannot_be_erased_are_emptied(evening: NotifierCell) -> None:
    await evening.read()
    await evening.pool.execute(
        "UPDATE notifier.notices SET facts = $1 WHERE recipient = $2",
        {"author_id": person("host"), "diff": CANARY},
        person("anna"),
    )
    erase(evening, "host")
    await evening.read()
    await evening.erase()
    assert CANARY not in await stored(evening)


async def test_nothing_is_left_in_the_files_of_the_tables(evening: NotifierCell) -> None:
    await evening.wait(minutes=2)
    await evening.pool.execute("CHECKPOINT")
    assert await find_files(evening) != []
    erase(evening, "host")
    await evening.read()
    await evening.erase()
    await evening.pool.execute("CHECKPOINT")
    assert await find_files(evening) == []


async def test_no_id_of_a_request_is_left_in_the_files(cell: NotifierCell) -> None:
    evening = created(publish_to=(TargetName("site"),))
    cell.around.followers_of = {person("host"): (person("fan"),)}
    cell.history.tell(evening, published(), traceparent=f"00-{REQUEST_ID}-00f067aa0ba902b7-00")
    await cell.read_and_send()
    await cell.pool.execute("CHECKPOINT")
    assert len(await find_files(cell, REQUEST_ID)) == len(("sources", "fanouts", "publications"))
    erase(cell, "host")
    await cell.read()
    await cell.erase()
    await cell.pool.execute("CHECKPOINT")
    assert await find_files(cell, REQUEST_ID) == []


async def find_files(cell: NotifierCell, text: str = CANARY) -> list[str]:
    """Return the files of the database that hold the text."""
    directory = Path(await cell.pool.fetchval("SHOW data_directory"))
    paths = await cell.pool.fetch(
        "SELECT pg_relation_filepath(oid) AS path FROM pg_class"
        " WHERE pg_relation_filepath(oid) IS NOT NULL"
    )
    files = (directory / row["path"] for row in paths)
    return [one.name for one in files if one.exists() and text.encode() in one.read_bytes()]


async def test_people_are_told_of_an_erasure_while_it_can_be_taken_back(
    cell: NotifierCell,
) -> None:
    erase_at = cell.now.replace(day=9)
    anna = person("anna")
    cell.history.tell(seen("anna", tz="UTC"))
    cell.history.tell(PersonErasureRequested(person_id=anna, erase_at=erase_at), by="anna")
    await cell.read()
    cell.history.tell(PersonErasureConfirmed(person_id=anna), by="anna")
    cell.history.tell(PersonErasureWithdrawn(person_id=anna, by="Olga"), by=SYSTEM)
    await cell.preferences.save(anna, Preferences(off=("erasure_confirmed",), receipts=False))
    await cell.read_and_send()
    titles = [f"{one.event_type}: {one.title}" for one in cell.around.got(anna)]
    assert titles == [
        "erasure_requested: Erase your data?",
        "erasure_confirmed: Your data will be erased",
        "erasure_withdrawn: Your data stays",
    ]
    (confirmed,) = cell.around.got(anna, "erasure_confirmed")
    assert "9 March 2026, 09:00 (GMT+0)" in confirmed.text
    assert (confirmed.short_link, confirmed.context["announcement_id"]) == (None, None)
    assert {line["announcement_id"] for line in await cell.lines(anna)} == {None}


async def test_an_operators_name_is_not_told(cell: NotifierCell) -> None:
    anna = PersonId(person("anna"))
    cell.history.tell(seen("anna", language="ru"))
    erase_at = cell.now.replace(day=9)
    cell.history.tell(PersonErasureRequested(person_id=anna, erase_at=erase_at, by="Olga"))
    cell.history.tell(PersonErasureConfirmed(person_id=anna, by="Olga"))
    await cell.read_and_send()
    requested, confirmed = cell.around.got(anna)
    assert "Администратор попросил" in requested.text
    assert "подтвердил администратор" in confirmed.text
    assert "Olga" not in shown(cell.around)
