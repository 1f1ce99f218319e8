"""Servers that bookings are compared with: a bare route, and the usual row lock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from benchmarks.writes.tokens import warm_verifier

ANNOUNCE_PATH = "/announcement"
"""The path to announce an evening at a server that keeps announcements its own way."""

TABLES = """
CREATE TABLE announcement (id uuid PRIMARY KEY, tickets_left integer NOT NULL);
CREATE TABLE booking (
    id bigserial PRIMARY KEY, announcement_id uuid NOT NULL REFERENCES announcement,
    guest_id uuid NOT NULL, status text NOT NULL, UNIQUE (announcement_id, guest_id));
CREATE TABLE event (id bigserial PRIMARY KEY, announcement_id uuid, payload jsonb NOT NULL);
"""


class Booked(BaseModel):
    booking_id: int
    status: str


def build_bare() -> FastAPI:
    app = FastAPI()

    @app.post("/api/v1/booking/{announcement_id}", status_code=201)
    async def constant(announcement_id: str) -> dict[str, str]:
        return {"announcement_id": announcement_id}

    return app


def build_row_lock(dsn: str) -> FastAPI:
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pools.append(await asyncpg.create_pool(dsn, min_size=16, max_size=16))
        yield
        await pools[0].close()

    app = FastAPI(lifespan=lifespan)
    tokens = warm_verifier()

    @app.post("/api/v1/booking/{announcement_id}", status_code=201)
    async def book(announcement_id: str, request: Request) -> Booked:
        caller = await tokens.authenticate(request.headers.get("authorization"))
        async with pools[0].acquire() as connection, connection.transaction():
            left = await connection.fetchval(
                "SELECT tickets_left FROM announcement WHERE id = $1 FOR UPDATE", announcement_id
            )
            if left == 0:
                raise HTTPException(409, "no seats")
            booking_id = await connection.fetchval(
                "INSERT INTO booking (announcement_id, guest_id, status) VALUES ($1, $2, 'asked')"
                " RETURNING id",
                announcement_id,
                caller.person_id,
            )
            await connection.execute(
                "INSERT INTO event (announcement_id, payload) VALUES ($1, $2)",
                announcement_id,
                f'{{"type": "booking.requested", "booking_id": {booking_id}}}',
            )
            await connection.execute(
                "UPDATE announcement SET tickets_left = $2 WHERE id = $1", announcement_id, left - 1
            )
        return Booked(booking_id=booking_id, status="asked")

    return app
