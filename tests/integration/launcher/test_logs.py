"""No log of an embedded system has a name, a text, an address or a token, whatever goes wrong."""

import asyncio
from pathlib import Path
from typing import Any, Final

from tests.cells.embedded import RunningSystem, evening, run_system
from tests.waiting import WITHIN_S

CANARY: Final = "Kanarienvogel"
ADDRESS: Final = "203.0.113.77"


async def log_in(system: RunningSystem, login: str) -> tuple[str, str]:
    """Return the person's token and id."""
    body = {"login": f"{CANARY}-{login}", "name": f"{CANARY} {login}"}
    answer, _ = await system.send("POST", "/neighbours/auth/token", body=body)
    return answer["access_token"], answer["user_id"]


async def call_an_evening_off(system: RunningSystem, host: str, guest: str) -> None:
    """Type the canary into whatever an author and a guest may type."""
    path = f"/api/v1/announcement/{await system.film()}"
    texts = ("title", "description", "event_location", "location_hint")
    body = evening(**{name: f"{CANARY} {name}" for name in texts}, hide_location=True)
    created, _ = await system.send("POST", path, host, body, expect=201)
    message = {"message": f"{CANARY} asks"}
    asked, _ = await system.send(
        "POST", f"/api/v1/booking/{created['id']}", guest, message, expect=201
    )
    booking = f"/api/v1/booking/{asked['booking_id']}"
    answer = {"my_status": True, "message": f"{CANARY} welcomes"}
    await system.send("PUT", booking, host, answer)
    leaving = {"my_status": False, "reason": f"{CANARY} is ill", "message": f"{CANARY} regrets"}
    await system.send("PUT", booking, guest, leaving)
    address = f"/api/v1/announcement/{created['id']}"
    change = {**body, "title": f"{CANARY} again"}
    await system.send("PUT", address, host, change, expect=None)
    await system.send("DELETE", f"{address}?reason={CANARY}", host, expect=None)


async def go_wrong(system: RunningSystem, host: str) -> None:
    """Ask for what is refused, malformed, unknown or not to be had, with the canary in it."""
    film = f"/api/v1/announcement/{await system.film()}"
    requests: list[tuple[str, str, str | None, Any]] = [
        ("POST", film, host, {"title": CANARY}),
        ("POST", film, host, evening(title=f"{CANARY}\x00", ticket_count=CANARY)),
        ("POST", film, f"{CANARY}.{CANARY}.{CANARY}", evening()),
        ("GET", f"/api/v1/announcement/{CANARY}", host, None),
        ("GET", f"/api/v1/announcements?q={CANARY}&sort={CANARY}", host, None),
        ("GET", f"/api/v1/announcements?location={CANARY}", host, None),
        ("POST", "/api/v1/operator/ask", system.operator_token, {"sql": f"SELECT {CANARY}"}),
        ("PUT", "/api/v1/preferences", host, {"tz": CANARY}),
        ("GET", f"/s/{CANARY}", None, None),
        ("POST", "/neighbours/auth/token", None, {"login": CANARY, "tz": CANARY}),
    ]
    for method, path, token, body in requests:
        await system.send(method, path, token, body, expect=None)
    for service in ("auth", "movies", "ugc", "notification", "shortener"):
        await system.send("POST", f"/neighbours/control/{service}", body={"down": True})
        await system.send("POST", film, host, evening(title=CANARY), expect=None)
        await system.send("POST", f"/neighbours/control/{service}", body={"down": False})
    headers = {
        "Authorization": f"Bearer {host}",
        "X-Forwarded-For": ADDRESS,
        "Idempotency-Key": CANARY,
        "Content-Type": "application/json",
    }
    for content in (b'{"title": "' + CANARY.encode(), b"\xff" + CANARY.encode()):
        async with system.session.post(system.url + film, data=content, headers=headers) as answer:
            await answer.read()


async def wait_until_forgotten(system: RunningSystem, person_id: str, *words: str) -> None:
    """Wait until the inbox shows none of these words."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            shown = str(await system.get(f"/neighbours/notification/inbox/{person_id}"))
            if not any(word in shown for word in words):
                return
            await asyncio.sleep(0.1)


async def test_no_log_tells_who_did_or_typed_what(tmp_path: Path) -> None:
    async with run_system(tmp_path) as system:
        (host, host_id), (guest, guest_id) = await log_in(system, "host"), await log_in(system, "g")
        await call_an_evening_off(system, host, guest)
        await go_wrong(system, host)
        async with asyncio.timeout(WITHIN_S):
            while not await system.get(f"/neighbours/notification/inbox/{guest_id}"):
                await asyncio.sleep(0.1)
        for person_id in (host_id, guest_id):
            path = f"/api/v1/operator/user/{person_id}/erasure"
            order = {"by": "Olga", "at_once": True}
            await system.send("PUT", path, system.operator_token, order)
            await wait_until_forgotten(system, person_id, CANARY)
            await wait_until_forgotten(system, guest_id, f"{CANARY} host", f"{CANARY} title")
        await system.stop()
        assert system.process.stdout is not None
        printed = await asyncio.to_thread(system.process.stdout.read)
    logs = {path.name: path.read_text(errors="replace") for path in tmp_path.rglob("*.log")}
    assert logs != {}, "PostgreSQL has one"
    for name, text in {**logs, "stdout and stderr": printed}.items():
        found = [one for one in (CANARY, ADDRESS, host, guest, host_id, guest_id) if one in text]
        assert found == [], name
