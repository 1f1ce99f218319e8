"""A trial answers as if it had been done, and changes nothing."""

from datetime import datetime, timedelta

import pytest

from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN
from tests.integration.notifier.http.served_notifier import ServedNotifier


async def test_wishes_are_tried_without_being_kept(cell: ServedNotifier) -> None:
    token = cell.token("anna")
    before = await cell.get("/api/v1/preferences", token)
    status, answer, _ = await cell.send(
        "PUT", "/api/v1/preferences?dry_run=true", token, {"language": "ru"}
    )
    assert (status, answer) == (200, before | {"language": "ru"})
    assert await cell.get("/api/v1/preferences", token) == before


async def test_an_operator_tries_without_doing(cell: ServedNotifier) -> None:
    hour, *_ = await cell.settled("anna")
    path = f"/api/v1/operator/notices/{hour['id']}"
    before = await cell.get(path, OPERATOR)
    later = BEGIN + timedelta(hours=1)
    body = {"due_at": later.isoformat()}
    status, answer, _ = await cell.send("PUT", f"{path}?dry_run=true", OPERATOR, body)
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, later)
    status, answer, _ = await cell.send("DELETE", f"{path}?dry_run=true", OPERATOR)
    assert (status, answer["state"]) == (200, "cancelled")
    assert await cell.get(path, OPERATOR) == before


async def test_an_operator_tries_a_fan_out_without_doing(cell: ServedNotifier) -> None:
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()
    fanouts = "/api/v1/operator/notices/fanouts"

    async def failed() -> bool:
        found = await cell.get(fanouts, OPERATOR)
        return [one["reason"] for one in found] == ["ugc does not answer"]

    await cell.until(failed)
    (before,) = await cell.get(fanouts, OPERATOR)
    path = f"{fanouts}/{before['position']}/{before['event_index']}"
    body = {"due_at": BEGIN.isoformat()}
    status, answer, _ = await cell.send("PUT", f"{path}?dry_run=true", OPERATOR, body)
    assert (status, answer["state"], answer["reason"]) == (200, "waiting", None)
    assert await cell.get(fanouts, OPERATOR) == [before]
    assert (await cell.send("PUT", f"{path}?dry_run=yes", OPERATOR, body))[0] == 422


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=true&dry_run=false", "dry_run="])
async def test_an_unclear_trial_is_refused_and_not_done(cell: ServedNotifier, query: str) -> None:
    hour, *_ = await cell.settled("anna")
    notice, token = f"/api/v1/operator/notices/{hour['id']}", cell.token("anna")
    for method, path, caller, body in (
        ("PUT", "/api/v1/preferences", token, {"language": "ru"}),
        ("PUT", notice, OPERATOR, {"due_at": BEGIN.isoformat()}),
        ("DELETE", notice, OPERATOR, None),
    ):
        status, answer, _ = await cell.send(method, f"{path}?{query}", caller, body)
        assert (status, answer["code"]) == (422, "malformed_query")
        assert answer["parameter"] == "dry_run"
    assert (await cell.get(notice, OPERATOR))["state"] == "waiting"
    assert (await cell.get("/api/v1/preferences", token))["language"] is None
