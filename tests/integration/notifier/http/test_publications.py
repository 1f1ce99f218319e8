"""Operators see the publications that are stuck, and retry them."""

from typing import Any

import asyncpg
import pytest

from query_api.acts.listing import SELECTS
from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN, announcement, created, person, published
from tests.integration.notifier.http.served_notifier import NOBODY, NOTICES, ServedNotifier
from tests.waiting import eventually

PUBLICATIONS = f"{NOTICES}/publications"
AT_CLUB = f"{PUBLICATIONS}/{announcement('film')}/club"
AT_ONCE = {"due_at": BEGIN.isoformat()}
BEFORE_ALL_OF_10 = (2**62, 0, 10)
UNSETTLE = """
    UPDATE notifier.publications SET state = 'unsettled', reason = 'may_have_arrived',
        unsettled = true
    WHERE announcement_id = $1
"""


@pytest.fixture
async def parked(cell: ServedNotifier) -> dict[str, Any]:
    """A publication at a target that the notifier does not know."""
    cell.history.tell(created("film", publish_to=("club",)), published("film"))
    await cell.tell()
    found: list[dict[str, Any]] = []

    async def is_parked() -> bool:
        found[:] = await cell.get(f"{PUBLICATIONS}?state=parked", OPERATOR)
        return bool(found)

    await cell.until(is_parked)
    (one,) = found
    return one


async def test_an_operator_sees_what_is_stuck_at_which_target(
    cell: ServedNotifier, parked: dict[str, Any]
) -> None:
    assert (parked["announcement_id"], parked["target"]) == (announcement("film"), "club")
    assert parked["author_id"] == person("host")
    assert (parked["wanted"], parked["stands"]) == (True, False)
    assert (parked["state"], parked["reason"]) == ("parked", "unknown_target")
    assert await cell.get(PUBLICATIONS, OPERATOR) == [parked]
    assert await cell.get(f"{PUBLICATIONS}?state=done", OPERATOR) == []
    assert (await cell.send("GET", f"{PUBLICATIONS}?state=new", OPERATOR))[0] == 422


async def test_publications_are_listed_page_after_page(
    cell: ServedNotifier, parked: dict[str, Any]
) -> None:
    cell.history.tell(created("other", publish_to=("club", "site")), published("other"))
    position = await cell.tell()
    await eventually(lambda: cell.service.position >= position)
    found: list[tuple[str, str]] = []
    path = f"{PUBLICATIONS}?limit=1"
    while True:
        _, page, headers = await cell.send("GET", path, OPERATOR)
        found += ((one["announcement_id"], one["target"]) for one in page)
        if "X-Next-Cursor" not in headers:
            break
        path = f"{PUBLICATIONS}?limit=1&cursor={headers['X-Next-Cursor']}"
    other = announcement("other")
    assert found == [(other, "club"), (other, "site"), (parked["announcement_id"], "club")]
    for cursor in ("x", "1-x-club", f"1-{other}-", f"1-{'-' * 36}-club"):
        status, problem, _ = await cell.send("GET", f"{PUBLICATIONS}?cursor={cursor}", OPERATOR)
        assert (status, problem["code"]) == (422, "malformed_cursor")


async def test_an_operator_tries_one_again(cell: ServedNotifier, parked: dict[str, Any]) -> None:
    assert (await cell.send("PUT", AT_CLUB, cell.token("anna"), AT_ONCE))[0] == 401
    status, answer, _ = await cell.send("PUT", f"{AT_CLUB}?dry_run=true", OPERATOR, AT_ONCE)
    assert (status, answer["state"], answer["reason"]) == (200, "waiting", None)
    assert await cell.get(PUBLICATIONS, OPERATOR) == [parked]
    assert await cell.get(f"{NOTICES}/record", OPERATOR) == []
    status, answer, _ = await cell.send("PUT", AT_CLUB, OPERATOR, AT_ONCE)
    assert (status, answer["state"], answer["attempts"]) == (200, "waiting", 0)


async def test_who_tried_one_again_is_recorded_among_the_acts(
    cell: ServedNotifier, parked: dict[str, Any], tables: asyncpg.Pool
) -> None:
    signed = AT_ONCE | {"by": "Olga"}
    assert (await cell.send("PUT", AT_CLUB, OPERATOR, signed))[0] == 200
    (record,) = await cell.get(f"{NOTICES}/record", OPERATOR)
    assert (record["by"], record["act"]) == ("operator: Olga", "rescheduled")
    assert (record["announcement_id"], record["target"]) == (announcement("film"), "club")
    assert (record["notice_id"], record["position"]) == (None, None)
    before, after = record["before"], record["after"]
    assert (before["state"], before["reason"]) == ("parked", parked["reason"])
    assert before["may_have_arrived"] is after["may_have_arrived"] is False
    assert (after["state"], after["reason"]) == ("waiting", None)
    listed = [await tables.fetch(one, *BEFORE_ALL_OF_10) for one in SELECTS]
    (act,) = [one for rows in listed for one in rows]
    assert act["subject"] == f"publication {announcement('film')}/club"
    assert (act["signed_by"], act["act"]) == ("operator: Olga", "rescheduled")


async def test_that_an_unsettled_one_was_let_go_is_recorded(
    cell: ServedNotifier, parked: dict[str, Any], postgres_dsn: str
) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        await connection.execute(UNSETTLE, parked["announcement_id"])
    finally:
        await connection.close()
    assert (await cell.send("PUT", AT_CLUB, OPERATOR, AT_ONCE))[0] == 200
    (record,) = await cell.get(f"{NOTICES}/record", OPERATOR)
    assert (record["before"]["state"], record["after"]["state"]) == ("unsettled", "waiting")
    assert record["before"]["may_have_arrived"] is True
    assert record["after"]["may_have_arrived"] is False


@pytest.mark.parametrize(
    "place",
    [f"{NOBODY}/club", f"{announcement('film')}/site"],
    ids=["unknown announcement", "unknown target"],
)
@pytest.mark.usefixtures("parked")
async def test_a_publication_that_there_is_not_is_not_found(
    cell: ServedNotifier, place: str
) -> None:
    assert (await cell.send("PUT", f"{PUBLICATIONS}/{place}", OPERATOR, AT_ONCE))[0] == 404


async def test_a_publication_that_is_done_is_not_sent_again(cell: ServedNotifier) -> None:
    late = created("film", publish_to=("club",), event_time=BEGIN)
    cell.history.tell(late, published("film"))
    await cell.tell()

    async def is_done() -> bool:
        return bool(await cell.get(f"{PUBLICATIONS}?state=done", OPERATOR))

    await cell.until(is_done)
    status, answer, _ = await cell.send("PUT", AT_CLUB, OPERATOR, AT_ONCE)
    assert (status, answer["code"], answer["state"]) == (409, "notice_not_waiting", "done")
    assert await cell.get(f"{NOTICES}/record", OPERATOR) == []
