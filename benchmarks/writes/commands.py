"""Measures other commands than a booking, each as a ratio to it.

Method: the whole write path over SQLite through HTTP, with the same load generator and as many
clients as for bookings (`benchmarks.writes.booking`). In each round many hosts announce an
evening each; then guests book, hosts approve, guests write in the chat, others withdraw, and hosts
invite. Every request of a kind is by another person, so limits per person are as in production.
The median of the rounds counts. `cpu` is the processor time of the server's process alone.
"""

import tempfile
from contextlib import AsyncExitStack
from statistics import median
from typing import Any, Final
from uuid import uuid4

import msgspec
from msgspec import Struct

from benchmarks.harness.hot_evening import announce_request, list_guests, make_token
from benchmarks.harness.load import Run, build_http_request, drive_server
from benchmarks.harness.processes import Served, serve
from benchmarks.harness.report import Report
from benchmarks.writes.subjects import SERVER

QUESTION: Final = "what does each other kind of command cost, compared with a booking?"
CLIENTS: Final = 32
ROUNDS: Final = 9
HOSTS: Final = 750
"""In each round; and twice as many guests."""
KINDS: Final = ("book", "announce", "approve", "withdraw", "invite", "post")


class NewEvening(Struct):
    """Holds what the answer to a new announcement says of it."""

    id: str
    author_id: str


class NewBooking(Struct):
    """Holds what the answer to a new booking says of it."""

    booking_id: str
    announcement_id: str
    author_id: str
    guest_id: str


async def main(report: Report) -> None:
    found: dict[str, list[Run]] = {}
    hosts = report.scale(HOSTS)
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        where = f"{scratch}/{uuid4().hex}"
        served = await stack.enter_async_context(serve(SERVER, "sqlite", where))
        for number in range(ROUNDS + 1):  # The first one warms up.
            for kind, run in (await CommandRound(served, hosts, number).run()).items():
                found.setdefault(kind, []).append(run)
    for kind in KINDS:
        rounds = found[kind][1:]
        count = ROUNDS * hosts
        rate = median(one.figures.per_second for one in rounds)
        cpu_us = median(one.cpu_us for one in rounds)
        report.add(f"commands/{kind}/rate", rate, "requests/s", count, "commands/book/rate")
        report.add(f"commands/{kind}/cpu", cpu_us, "us", count, "commands/book/cpu")


class CommandRound:
    """One command of each kind by each of many people, who are nobody's from another round."""

    def __init__(self, served: Served, hosts: int, number: int) -> None:
        self._served = served
        people = list_guests(3 * hosts * number, 3 * hosts)
        self._hosts = people[:hosts]
        self._approved, self._withdrawn = people[hosts : 2 * hosts], people[2 * hosts :]
        self._measured: dict[str, Run] = {}

    async def run(self) -> dict[str, Run]:
        """Carry all of them out, and return the figures by kind."""
        announced = await self._send(
            "announce", [announce_request(48, host) for host in self._hosts], NewEvening
        )
        evenings = [one.id for one in announced]
        booked = await self._book("book", self._approved, evenings)
        withdrawn = await self._book("book to withdraw", self._withdrawn, evenings)
        yes = msgspec.json.encode({"my_status": True})
        await self._send(
            "approve",
            [request("PUT", f"booking/{one.booking_id}", one.author_id, yes) for one in booked],
        )
        post = msgspec.json.encode({"text": "Shall I bring something to drink?"})
        await self._send(
            "post",
            [
                request("POST", f"announcement/{one.announcement_id}/posts", one.guest_id, post)
                for one in booked
            ],
        )
        await self._send(
            "withdraw",
            [request("DELETE", f"booking/{one.booking_id}", one.guest_id) for one in withdrawn],
        )
        guests = reversed(self._hosts)
        await self._send(
            "invite",
            [
                request(
                    "POST",
                    f"announcement/{one.id}/invites",
                    one.author_id,
                    msgspec.json.encode({"guest_ids": [guest]}),
                )
                for one, guest in zip(announced, guests, strict=True)
            ],
        )
        return self._measured

    async def _book(self, kind: str, guests: list[str], evenings: list[str]) -> list[NewBooking]:
        pairs = zip(guests, evenings, strict=True)
        requests = [request("POST", f"booking/{evening}", guest) for guest, evening in pairs]
        return await self._send(kind, requests, NewBooking)

    async def _send(self, kind: str, requests: list[bytes], answer: type[Any] = dict) -> list[Any]:
        """Send the requests, note the figures, and return the answers. Raises RuntimeError if one
        is refused."""
        bodies: list[bytes] = []
        run = await drive_server(self._served, iter(requests), CLIENTS, bodies)
        if not set(run.figures.statuses) <= {200, 201}:
            raise RuntimeError(f"{kind}: {run.figures.statuses}, {bodies[-1]!r}")
        self._measured[kind] = run
        return [msgspec.json.decode(body, type=answer) for body in bodies]


def request(method: str, path: str, person_id: str, body: bytes = b"") -> bytes:
    return build_http_request(method, f"/api/v1/{path}", make_token(person_id), body)
