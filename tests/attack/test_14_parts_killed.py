"""14: ClickHouse's engine and PostgreSQL freeze and break under a system in use.

Writes need neither of them. A read that does says within seconds that it cannot answer, and
answers again once the launcher has started the part anew.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from tests.attack.target import ANSWER_S_MAX, Received, Target
from tests.servers.process_tree import find_descendant

ENGINE = '"database":"default"'
"""In the command line of the history's engine. That of the analysts names another database."""
POSTGRES = "bin/postgres -D"
RATING = "/api/v1/user/me/rating"
RATING_PAGES = (RATING, f"{RATING}/explain", f"{RATING}/drift")


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """What the process is sent meanwhile, a fatal fault for one, reaches it afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def ask_rating_pages(target: Target, token: str) -> list[Received]:
    async with asyncio.timeout(ANSWER_S_MAX):
        return await asyncio.gather(*(target.send("GET", page, token) for page in RATING_PAGES))


async def test_an_engine_that_freezes_and_breaks_holds_nobody_up(
    target: Target, own_pid: int
) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    announced = await target.evening(host, event_time=in_an_hour.isoformat())
    booking_id = await target.confirm_guest(host, announced.json["id"], guest)
    engine = find_descendant(own_pid, ENGINE)
    with frozen(engine):
        for page in await ask_rating_pages(target, guest):
            assert (page.status, page.json["code"]) == (503, "unavailable")
        left = await target.answer(guest, booking_id, yes=False)
        assert left.status == 200
        at = f"min_position={left.position}"
        booking = await target.read(f"/api/v1/booking/{booking_id}?{at}", guest)
        assert booking.json["state"] == "declined"
        os.kill(engine, signal.SIGSEGV)
    assert (await target.read(f"{RATING}?{at}", guest)).json["late_cancellations"] == 1
    assert find_descendant(own_pid, ENGINE) != engine
    for page in await ask_rating_pages(target, guest):
        assert page.status == 200
    await target.await_ready()


async def test_writes_are_answered_and_reads_come_back_after_both_break(
    target: Target, own_pid: int
) -> None:
    host, _ = await target.person("host")
    killed = {part: find_descendant(own_pid, part) for part in (ENGINE, POSTGRES)}
    os.kill(killed[ENGINE], signal.SIGSEGV)
    os.kill(killed[POSTGRES], signal.SIGKILL)
    announced = await target.evening(host)
    assert announced.status == 201
    at = f"min_position={announced.position}"
    evening = f"/api/v1/announcement/{announced.json['id']}"
    reads = (evening, f"{evening}/rating", *RATING_PAGES)
    await asyncio.gather(*(target.read(f"{read}?{at}", host) for read in reads))
    assert not {find_descendant(own_pid, part) for part in killed} & {*killed.values()}
    readiness = await target.await_ready()
    assert readiness["history.clickhouse"] == "available"
