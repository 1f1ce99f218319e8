"""Nobody is told twice, or of what is long past; and what was erased meanwhile stays erased."""

from contextlib import aclosing
from datetime import timedelta
from typing import Any, Final

import pytest

from contracts.errors import CommandRefused, NotFound
from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingApproved, BookingRequested
from contracts.events.person import (
    PersonErased,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonUnmuted,
)
from contracts.journal.places import EventPlace
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
from notifier.dead_letters.retrying import LateRetrying
from notifier.dead_letters.stored import drop_letter
from notifier.store.operators.acts import Signature
from runtime.postgres.tables import TablesUnavailable
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
from tests.integration.notifier.dead_letters.parking import list_parked, older_build, park, retry
from tests.older_build import teleported

SELECT_TEXTS: Final = """
    SELECT string_agg(row_to_json(n)::text, ' ') FROM notifier.notices n
    UNION ALL SELECT string_agg(row_to_json(e)::text, ' ') FROM notifier.evenings e
    UNION ALL SELECT string_agg(row_to_json(f)::text, ' ') FROM notifier.fanouts f
"""
TRACE: Final = f"00-{'5a' * 16}-{'7b' * 8}-00"


@pytest.fixture
async def evening(cell: NotifierCell) -> NotifierCell:
    """Anna is confirmed at the host's evening in three days, and everybody has been told."""
    told = cell.history
    told.tell(seen("host"), seen("anna"), created(), published())
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
    told.tell(booking(BookingApproved, "anna", (True, True)))
    await cell.wait(minutes=5)
    return cell


def is_a_change(fields: dict[str, Any]) -> bool:
    return bool(fields["type"] == "announcement.changed.v1")


def of_type(*types: str) -> Any:
    return lambda fields: fields["type"] in types


async def test_what_was_parked_is_told_once_and_so_is_what_follows(evening: NotifierCell) -> None:
    seq = evening.history.tell(edited(title="Second"))
    evening.history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
    await park(evening, is_a_change)
    await evening.send()
    assert evening.around.got(person("host"), "booking_new")[1:] == []
    (stopped,) = await list_parked(evening)
    assert (stopped.key, stopped.position, stopped.parked) == (announcement(), seq, 2)
    result = await retry(evening)
    (key,) = result["keys"]
    assert (result["ok"], key["folded"], key["left"], key["too_late"]) == (True, 2, 0, 0)
    await evening.wait(minutes=2)
    (told,) = evening.around.got(person("anna"), "announce_put")
    assert told.context["diff"]["title"]["new"] == "Second"
    assert len(evening.around.got(person("host"), "booking_new")) == 2
    assert (await retry(evening))["keys"] == []
    # And it goes on from there.
    evening.history.tell(edited(title="Third"))
    await evening.wait(minutes=2)
    (_, told) = evening.around.got(person("anna"), "announce_put")
    assert told.context["diff"]["title"] == {"old": "Second", "new": "Third"}
    await evening.forget()
    await evening.wait(minutes=2)
    assert set(evening.around.calls.values()) == {1}


async def test_nobody_is_told_of_what_is_long_past(evening: NotifierCell) -> None:
    evening.history.tell(edited(title="Second"))
    evening.history.tell(created("other"), published("other"))
    await park(evening, of_type("announcement.changed.v1", "announcement.created.v1"))
    sent = dict(evening.around.calls)
    evening.now += timedelta(days=4)
    result = await retry(evening)
    assert result["ok"]
    assert [one["notices"] for one in result["keys"]] == [0, 0]
    assert sum(one["too_late"] for one in result["keys"]) > 2
    await evening.send()
    assert {one: evening.around.calls[one] for one in sent} == sent
    assert evening.around.got(kind="announce_put") == []
    states = await evening.states(person("anna"), "announce_put")
    assert states == {"announce_put": ("skipped", "too_late")}
    fanout = await evening.pool.fetchrow(
        "SELECT state, reason FROM notifier.fanouts WHERE announcement_id = $1",
        announcement("other"),
    )
    assert fanout is not None
    assert tuple(fanout) == ("dropped", "too_late")


async def test_what_people_had_been_told_of_before_only_changes_what_is_known(
    evening: NotifierCell,
) -> None:
    evening.history.tell(edited(title="Second"))
    await evening.wait(minutes=2)
    evening.history.tell(edited(title="Third"))
    await evening.wait(seconds=1)  # It waits, and the fourth one joins it.
    evening.history.tell(edited(title="Fourth"))
    await evening.wait(minutes=2)
    before = dict(evening.around.calls)
    await evening.forget(("evenings", "participations", "people"))
    await park(evening, is_a_change)
    (stopped,) = await list_parked(evening)
    assert stopped.parked == 3
    (key,) = (await retry(evening))["keys"]
    assert (key["folded"], key["notices"], key["too_late"]) == (3, 0, 0)
    await evening.wait(minutes=2)
    assert dict(evening.around.calls) == before
    evening.history.tell(edited(title="Fifth"))
    await evening.wait(minutes=2)
    told = evening.around.got(person("anna"), "announce_put")[-1]
    assert told.context["diff"]["title"] == {"old": "Fourth", "new": "Fifth"}


async def test_texts_of_somebody_erased_meanwhile_are_written_nowhere(
    evening: NotifierCell,
) -> None:
    evening.history.commit(
        edited(title="A secret title", location_hint="A secret hint"),
        actor=person("host"),
        traceparent=TRACE,
    )
    await park(evening, is_a_change)
    evening.history.tell(PersonErased(person_id=person("host")), by="system")
    await evening.read()
    await evening.erase()
    result = await retry(evening)
    assert result["ok"]
    texts = " ".join(row[0] or "" for row in await evening.pool.fetch(SELECT_TEXTS))
    assert "secret" not in texts
    assert (
        await evening.pool.fetch("SELECT FROM notifier.sources WHERE traceparent = $1", TRACE) == []
    )
    await evening.wait(minutes=2)
    assert all("secret" not in one.title + one.text for one in evening.around.got())
    assert evening.around.got(person("host"), "announce_put") == []


async def test_a_parked_erasure_takes_what_its_person_was_told_since_from_their_inbox(
    evening: NotifierCell,
) -> None:
    """Until it is folded, notices still quote what the person typed before it."""
    evening.history.tell(created("kept", title="A secret title"), published("kept"))
    evening.history.tell(PersonErased(person_id=person("host")), by="system")
    await park(evening, of_type("person.erased.v1"))
    evening.history.wait(seconds=1)
    evening.history.tell(booking(BookingRequested, "boris", (None, True), name="kept"), by="boris")
    await evening.at(evening.history.now)
    asked = evening.around.got(person("host"), "booking_new")
    assert any("secret" in one.text for one in asked)
    assert (await retry(evening))["ok"]
    await evening.erase()
    assert all("secret" not in one.title + one.text for one in evening.around.got())
    assert evening.around.got(person("host")) == []


async def test_a_parked_erasure_takes_all_but_what_was_typed_since(evening: NotifierCell) -> None:
    evening.history.tell(created("kept", title="A secret title", location_hint="A secret hint"))
    evening.history.tell(PersonErased(person_id=person("host")), by="system")
    await park(evening, of_type("person.erased.v1"))
    evening.history.tell(seen("host"), edited("kept", title="A new title"))
    evening.history.tell(created("new", title="Of a new beginning"), published("new"))
    await evening.read()
    with pytest.raises(CommandRefused, match="erasure"):
        await drop_letter(
            evening.pool,
            EventPlace((await list_parked(evening))[0].position, 0),
            Signature("olga", evening.now),
            dry_run=False,
        )
    assert (await retry(evening))["ok"]
    await evening.erase()
    rows = await evening.pool.fetch("SELECT state FROM notifier.evenings")
    known = {row["state"]["announcement_id"]: row["state"] for row in rows}
    assert known[announcement()]["title"] == ERASED_TEXT
    assert known[announcement("kept")]["title"] == "A new title"
    assert known[announcement("kept")]["location_hint"] is None
    assert known[announcement("new")]["title"] == "Of a new beginning"
    name = "SELECT name FROM notifier.people WHERE person_id = $1"
    assert await evening.pool.fetchval(name, person("host")) not in (None, ERASED_NAME)
    state = "SELECT state FROM notifier.fanouts WHERE announcement_id = $1"
    assert await evening.pool.fetchval(state, announcement("new")) == "waiting"


async def test_an_event_about_a_person_comes_before_what_came_since(evening: NotifierCell) -> None:
    anna, host = person("anna"), person("host")
    evening.history.tell(PersonMuted(person_id=anna, host_id=host), by="anna")
    erase_at = evening.now + timedelta(days=7)
    evening.history.tell(
        PersonErasureRequested(person_id=anna, by=None, erase_at=erase_at), by="anna"
    )
    await park(evening, of_type("person.muted.v1", "person.erasure_requested.v1"))
    evening.history.tell(PersonUnmuted(person_id=anna, host_id=host), by="anna")
    evening.history.tell(PersonErasureWithdrawn(person_id=anna, by=None), by="anna")
    await evening.read_and_send()
    assert len(await list_parked(evening)) == 2
    assert (await retry(evening))["ok"]
    await evening.send()
    for table in ("mutes", "erasure_requests"):
        assert await evening.pool.fetch(f"SELECT FROM notifier.{table}") == []
    assert [one.event_type for one in evening.around.got(anna)][-1] == "erasure_withdrawn"
    assert await evening.states(anna, "erasure_requested") == {
        "erasure_requested": ("dropped", "superseded")
    }


async def test_what_still_cannot_be_folded_stays_with_all_behind_it(evening: NotifierCell) -> None:
    evening.history.tell(edited(title="Second"))
    evening.history.commit(teleported(announcement()), traceparent=TRACE)
    evening.history.tell(edited(title="Third"))
    await park(evening, is_a_change)
    result = await retry(evening)
    (key,) = result["keys"]
    assert (result["ok"], key["folded"], key["left"]) == (False, 1, 2)
    (left,) = await list_parked(evening)
    assert (left.event, left.parked) == ("announcement.teleported.v1", 2)
    assert left.reason == key["reason"]
    assert "earlier event" not in left.reason
    assert left.request_id == "5a" * 16


async def test_a_dropped_event_is_given_up_also_when_the_journal_is_read_again(
    evening: NotifierCell,
) -> None:
    first = evening.history.commit(teleported(announcement())).seq
    last = evening.history.tell(edited(title="Third"))
    await evening.read()
    signature = Signature("olga", evening.now)
    with pytest.raises(CommandRefused, match="earlier"):
        await drop_letter(evening.pool, EventPlace(last, 0), signature, dry_run=False)
    with pytest.raises(NotFound):
        await drop_letter(evening.pool, EventPlace(last, 1), signature, dry_run=False)
    for dry_run in (True, False):
        await drop_letter(evening.pool, EventPlace(first, 0), signature, dry_run=dry_run)
    (behind,) = await list_parked(evening)
    assert (behind.position, behind.parked) == (last, 1)
    assert (await retry(evening))["ok"]
    records = await evening.moderation.select_records(None, None, 10)
    assert [(one["act"], one["position"]) for one in records] == [
        ("dead_letters_retried", last),
        ("dead_letter_dropped", first),
    ]
    assert [(one["before"], one["after"]) for one in records] == [
        ({"parked": 1}, {"parked": 0}),
        ({"parked": 2}, {"parked": 1}),
    ]
    subjects = await evening.pool.fetch("SELECT subject FROM notifier.operator_acts ORDER BY id")
    assert [row[0] for row in subjects] == [f"event {first}-0", f"event {last}-0"]
    await evening.forget(("evenings", "participations", "people"))
    await evening.wait(minutes=2)
    assert await list_parked(evening) == []
    assert set(evening.around.calls.values()) == {1}
    assert len(evening.around.got(person("anna"), "announce_put")) == 1


async def test_the_live_reader_goes_on_between_two_keys(evening: NotifierCell) -> None:
    for name in ("one", "two"):
        evening.history.tell(created(name), published(name))
    await park(evening, of_type("announcement.created.v1"))
    retrying = LateRetrying(evening.journal, evening.pool, Signature("olga", evening.now))
    async with evening.reading() as reader:
        async for line in retrying.run(None, dry_run=False):
            if line.get("phase") == "keys" and line["done"] == 1:
                evening.history.tell(
                    AnnouncementCancelled(announcement_id=announcement(), version=9, by="author")
                )
                for name in ("one", "two"):
                    evening.history.tell(edited(name, title="Later"))
                await evening.follow_history(reader)
        assert [one["parked"] for one in line["keys"]] == [2, 3]
        assert line["ok"]
    titles = {
        row["state"]["title"] for row in await evening.pool.fetch("SELECT * FROM notifier.evenings")
    }
    assert titles == {"Together", "Later"}
    assert await list_parked(evening) == []


async def test_what_somebody_else_dropped_meanwhile_is_not_folded(evening: NotifierCell) -> None:
    seq = evening.history.tell(edited(title="Second"))
    await park(evening, is_a_change)
    retrying = LateRetrying(evening.journal, evening.pool, Signature("olga", evening.now))
    async with aclosing(retrying.run(None, dry_run=False)) as lines:
        while (await anext(lines))["phase"] != "keys":
            pass
        signature = Signature("boris", evening.now)
        await drop_letter(evening.pool, EventPlace(seq, 0), signature, dry_run=False)
        with pytest.raises(TablesUnavailable):
            await anext(lines)
    (row,) = await evening.pool.fetch("SELECT state FROM notifier.evenings")
    assert row["state"]["title"] == "Together"


async def test_an_erasure_takes_the_request_ids_of_what_the_person_did(
    evening: NotifierCell,
) -> None:
    for name in ("anna", "host"):
        evening.history.commit(
            teleported(announcement(name)), actor=person(name), traceparent=TRACE
        )
    evening.history.tell(PersonErased(person_id=person("anna")), by="system")
    await evening.read()
    assert [one.request_id for one in await list_parked(evening)] == [None, "5a" * 16]


async def test_what_is_parked_in_the_middle_of_a_commit_is_listed_first(
    evening: NotifierCell,
) -> None:
    with older_build(is_a_change):
        seq = evening.history.tell(
            booking(BookingRequested, "boris", (None, True)), edited(title="Second")
        )
        await evening.read()
    (stopped,) = await list_parked(evening)
    assert (stopped.id, stopped.parked) == (f"{seq}-1", 1)
