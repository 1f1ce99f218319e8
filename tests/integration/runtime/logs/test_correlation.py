"""One request id leads from a booking to everything that it causes."""

import logging
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cells.command_cell import command_cell, evening
from tests.log_lines import PSEUDONYMS, collect_lines
from tests.waiting import eventually

REQUEST_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT: Final = f"00-{REQUEST_ID}-00f067aa0ba902b7-01"


async def test_a_clean_stop_warns_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with command_cell(tmp_path) as cell:
        host, _ = await cell.person("host")
        await cell.do("PUT", "/free-times", host, {"times": []})
    ended = [one for one in caplog.records if one.message == "leads no more"]
    assert [(one.levelname, one.__dict__["reason"]) for one in ended] == [("INFO", "resigned")]


async def test_a_booking_is_followed_into_every_table(tmp_path: Path, postgres_dsn: str) -> None:
    with collect_lines(tmp_path, logging.DEBUG) as read:
        async with command_cell(tmp_path, postgres_dsn=postgres_dsn, history=True) as cell:
            host, _ = await cell.person("host")
            anna, anna_id = await cell.person("anna")
            announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
            booked = await cell.send(
                "POST",
                f"/api/v1/booking/{announced.body['id']}",
                anna,
                {"message": "Kanarienvogel"},
                traceparent=TRACEPARENT,
            )
            assert booked.status == 201, booked.body
            position = booked.position

            def find_lines() -> list[dict[str, Any]]:
                return [line for line in read() if line.get("request_id") == REQUEST_ID]

            def stores() -> set[str]:
                return {line["store"] for line in find_lines() if line["event"] == "written"}

            await eventually(lambda: stores() == {"read models", "history"})
            lines = find_lines()
    assert "Kanarienvogel" not in str(lines)
    (request,) = [
        line for line in lines if line.get("route") == "/api/v1/booking/{announcement_id}"
    ]
    (command,) = [line for line in lines if line["event"] == "command"]
    asked = {line["route"] for line in lines if line["event"] == "request"} - {request["route"]}
    assert asked == {"/neighbours/auth/users/{user_id}"}
    for line in (request, command):
        assert (line["position"], line["person"]) == (position, PSEUDONYMS.replace(anna_id))
    assert (command["kind"], command["code"]) == ("booking.request", "booking_requested")
    assert {line["position"] for line in lines if line["event"] == "written"} == {position}
