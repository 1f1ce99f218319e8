"""`practix dead --of untold-events` against a served notifier."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from contracts.journal.records import Outcome
from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import announcement, created, edited, person, published
from tests.integration.notifier.dead_letters.parking import older_build
from tests.integration.notifier.http.dead_verb import dead_of, parked
from tests.integration.notifier.http.served_notifier import NOTICES, ServedNotifier
from tests.older_build import teleported
from tests.waiting import eventually

LETTERS = f"{NOTICES}/dead-letters"
OF = ("--of", "untold-events")
REQUEST_ID = "5a" * 16


@pytest.fixture
async def stopped(cell: ServedNotifier) -> ServedNotifier:
    """Of two evenings one event each could not be read; this build can read one of them."""
    cell.history.commit(
        edited(title="Second"),
        outcome=Outcome("told"),
        actor=person("host"),
        traceparent=f"00-{REQUEST_ID}-{'7b' * 8}-00",
    )
    cell.history.tell(edited(title="Third"))
    cell.history.tell(created("other"), published("other"))
    cell.history.commit(teleported(announcement("other")))
    cell.history.tell(edited("other", title="New"))
    with older_build(lambda fields: fields.get("title") == "Second"):
        position = await cell.tell()
        await eventually(lambda: cell.service.position >= position)
    return cell


async def test_what_could_not_be_read_is_listed_counted_retried_and_dropped(
    stopped: ServedNotifier,
) -> None:
    dead = dead_of(stopped)
    listed = (await dead("list", *OF)).stdout
    assert all(one in listed for one in (announcement(), announcement("other"), "teleported"))
    alive, gone = await parked(dead, "untold-events")
    assert (alive["key"], alive["parked"], alive["request_id"]) == (announcement(), 2, REQUEST_ID)
    assert (gone["key"], gone["parked"]) == (announcement("other"), 2)
    shown = (await dead("show", alive["id"], *OF)).stdout
    assert REQUEST_ID in shown
    assert shown.count("announcement.changed.v1") == 2

    counted = await dead("retry", *OF, "--dry-run")
    assert (counted.exit_code, "2 would be folded" in counted.stdout) == (1, True), counted.output
    assert await parked(dead, "untold-events") == [alive, gone]
    retried = await dead("retry", alive["id"], *OF)
    assert (retried.exit_code, "2 of 2 folded" in retried.stdout) == (0, True), retried.output
    assert "notices and fan-outs: " in retried.stdout

    tried = await dead("drop", gone["id"], *OF, "--dry-run")
    assert "would drop announcement.teleported.v1" in tried.stdout, tried.output
    dropped = await dead("drop", gone["id"], *OF, "--by", "Olga")
    assert "1 behind it" in dropped.stdout, dropped.output
    last = await dead("retry", *OF, "--json")
    assert msgspec.json.decode(last.stdout.splitlines()[-1])["ok"]
    assert (await dead("list", *OF)).stdout == "nothing is parked\n"
    assert "404" in (await dead("show", gone["id"], *OF)).output

    def told(inbox: list[dict[str, Any]]) -> bool:
        return any("Third" in one["text"] for one in inbox)

    async def is_told() -> bool:
        stopped.now += timedelta(seconds=10)
        return told(await stopped.inbox("anna"))

    await stopped.until(is_told)
    acts = await stopped.get(f"{NOTICES}/record", OPERATOR)
    assert [(one["act"], one["by"]) for one in acts] == [
        ("dead_letters_retried", None),
        ("dead_letter_dropped", "operator: Olga"),
        ("dead_letters_retried", None),
    ]


async def test_requests_are_checked_and_for_operators_only(stopped: ServedNotifier) -> None:
    alive, _ = await stopped.get(LETTERS, OPERATOR)
    one = f"{LETTERS}/{alive['id']}"
    for method, path in (
        ("GET", LETTERS),
        ("GET", one),
        ("POST", f"{LETTERS}/retry"),
        ("POST", f"{one}/retry"),
        ("DELETE", one),
    ):
        assert (await stopped.send(method, path, stopped.token("anna")))[0] == 401
    behind = f"{alive['position'] + 1}-0"
    for method, path, status, code in (
        ("GET", f"{LETTERS}?cursor=x", 422, "malformed_cursor"),
        ("GET", f"{LETTERS}?min_position=999", 504, "projection_behind"),
        ("GET", f"{LETTERS}/1-0", 404, "not_found"),
        ("GET", f"{LETTERS}/01-0", 404, "not_found"),
        ("POST", f"{LETTERS}/1-0/retry", 404, "not_found"),
        ("POST", f"{LETTERS}/retry?dryrun=true", 422, "malformed_query"),
        ("DELETE", f"{LETTERS}/{behind}", 409, "earlier_event_parked"),
    ):
        answer = await stopped.send(method, path, OPERATOR)
        assert (answer[0], answer[1]["code"]) == (status, code), path


async def test_the_events_of_a_key_are_shown_page_after_page(stopped: ServedNotifier) -> None:
    alive, _ = await stopped.get(LETTERS, OPERATOR)
    path = f"{LETTERS}/{alive['id']}?limit=1"
    _, first, headers = await stopped.send("GET", path, OPERATOR)
    cursor = headers["X-Next-Cursor"]
    _, second, headers = await stopped.send("GET", f"{path}&cursor={cursor}", OPERATOR)
    assert "X-Next-Cursor" not in headers
    assert first["parked"] == second["parked"] == 2
    ids = [one["id"] for page in (first, second) for one in page["events"]]
    assert ids == [alive["id"], f"{alive['position'] + 1}-0"]
