"""Bookings as an aggregate of the library `eventsourcing`, which keeps its events in PostgreSQL.

An evening has so many seats, and a guest may request it once: the rule of the other subjects.
The library is set up as fast as one process allows: evenings stay in its cache and are neither
read again nor copied, and one lock an evening keeps requests apart, so that no append collides.
"""

import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from benchmarks.writes.baselines.plain import ANNOUNCE_PATH
from benchmarks.writes.tokens import warm_verifier


class BookableEvening(Aggregate):
    """An evening with seats. Refuses a guest who comes twice, and everybody once it is full."""

    @event("Announced")
    def __init__(self, seats: int) -> None:
        self.seats_left = seats
        self.guests: set[str] = set()

    def request(self, guest_id: str) -> None:
        if guest_id in self.guests:
            raise PermissionError("requested already")
        if self.seats_left == 0:
            raise PermissionError("no seats")
        self._record(guest_id)

    @event("Requested")
    def _record(self, guest_id: str) -> None:
        self.guests.add(guest_id)
        self.seats_left -= 1


class Bookings(Application[UUID]):
    """Announces evenings and takes requests for them."""

    def announce(self, seats: int) -> UUID:
        evening = BookableEvening(seats)
        self.save(evening)
        evening_id: UUID = evening.id
        return evening_id

    def book(self, evening_id: UUID, guest_id: str) -> int:
        """Record a request and return its number. Raises PermissionError if a rule says no."""
        evening: BookableEvening = self.repository.get(evening_id)
        evening.request(guest_id)
        self.save(evening)
        return int(evening.version)


class Requested(BaseModel):
    booking_id: int
    status: str


def open_bookings(dsn: str) -> Bookings:
    """Return the application on the database of `dsn`; it makes its tables."""
    address = urlsplit(dsn)
    return Bookings(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": address.path.strip("/"),
            "POSTGRES_HOST": address.hostname or "",
            "POSTGRES_PORT": str(address.port or 5432),
            "POSTGRES_USER": address.username or "",
            "POSTGRES_PASSWORD": address.password or "",
            "POSTGRES_POOL_SIZE": "16",
            "POSTGRES_MAX_OVERFLOW": "16",
            "AGGREGATE_CACHE_MAXSIZE": "1000",
            "AGGREGATE_CACHE_FASTFORWARD": "n",
            "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
        }
    )


def build_pyeventsourcing(dsn: str) -> FastAPI:
    """Return a server with the routes to announce and to book."""
    bookings = open_bookings(dsn)
    tokens = warm_verifier()
    locks: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        bookings.close()

    app = FastAPI(lifespan=lifespan)

    @app.post(ANNOUNCE_PATH, status_code=201)
    def announce() -> dict[str, str]:
        return {"id": str(bookings.announce(10_000))}

    @app.post("/api/v1/booking/{announcement_id}", status_code=201)
    def book(announcement_id: UUID, request: Request) -> Requested:
        caller = tokens.verify(request.headers.get("authorization"))
        with locks[announcement_id]:
            try:
                number = bookings.book(announcement_id, caller.person_id)
            except PermissionError as refused:
                raise HTTPException(409, str(refused)) from refused
        return Requested(booking_id=number, status="asked")

    return app
