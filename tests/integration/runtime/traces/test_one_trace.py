"""One trace leads from a client to everything that its request causes, across services."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from opentelemetry.sdk.trace import ReadableSpan
from pydantic import SecretStr

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.submission import Submission
from command_api.http.peers.client import HttpPeers
from contracts.errors import NotFound
from contracts.values.ids import AnnouncementId, PersonId, new_id
from notifier.main import clients_from
from notifier.service import NotifierService
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from runtime.process.clock import system_clock
from runtime.service.cell import ZONE_DEFAULT
from runtime.traces.context import is_sampled, request_id_of
from tests.canaries import find_leaks
from tests.cells.command_cell import (
    CELL_SECRET,
    OPERATOR_TOKEN,
    SECRET,
    CommandCell,
    command_cell,
    evening,
)
from tests.cells.stand_in import build_settings
from tests.log_lines import PSEUDONYMS
from tests.span_collector import ReadSpans, collect_spans, parent_of, told_by, trace_of
from tests.waiting import eventually

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER: Final = "5cf92f3577b34da6a3ce929d0e0e4737"
PARENT: Final = "00f067aa0ba902b7"
REQUEST: Final = "POST /api/v1/booking/{announcement_id}"
EVERYTHING: Final = {
    REQUEST: PARENT,
    "command": REQUEST,
    "append to journal": "command",
    "write read models": "append to journal",
    "write history": "append to journal",
    "write outbox": "append to journal",
    "deliver notice": "append to journal",
    "POST notification": "deliver notice",
    "POST /neighbours/notification/send": "POST notification",
}
"""What a booking causes, and what causes that."""
STORES: Final = {"read models", "history", "outbox"}


def client_of(trace: str) -> str:
    return f"00-{trace}-{PARENT}-01"


@asynccontextmanager
async def notifying(cell: CommandCell, postgres_dsn: str) -> AsyncIterator[None]:
    """Run a notifier of the cell until the end of the block."""
    pool = await open_pool(postgres_dsn)
    async with aiohttp.ClientSession() as session:
        service = NotifierService(
            cell.journal,
            pool,
            clients_from(OutsideClients(session, build_settings(cell.url))),
            verifier=TokenVerifier(TokenSettings(secret=SecretStr(SECRET)), system_clock),
            guard=OperatorGuard(OPERATOR_TOKEN),
            cell_zone=ZONE_DEFAULT,
        )
        await service.start()
        try:
            yield
        finally:
            await service.stop()
    pool.terminate()


def spans_of(trace: str, read: ReadSpans) -> Sequence[ReadableSpan]:
    return [one for one in read() if trace_of(one) == trace]


def find_stores(position: int, read: ReadSpans) -> set[object]:
    """Return the stores that have taken a batch which ends at this position."""
    return {
        told_by(one)["practix.store"]
        for one in read()
        if one.name.startswith("write ") and told_by(one)["practix.position"] == position
    }


async def test_a_booking_is_followed_to_the_notice_of_it(tmp_path: Path, postgres_dsn: str) -> None:
    with collect_spans() as read:
        async with command_cell(tmp_path, postgres_dsn=postgres_dsn, history=True) as cell:
            host, _ = await cell.person("host")
            anna, anna_id = await cell.person("anna")
            announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
            async with notifying(cell, postgres_dsn):
                # Otherwise one batch may have both, and be in the trace of the first.
                await eventually(lambda: find_stores(announced.position, read) == STORES)
                booked = await cell.send(
                    "POST",
                    f"/api/v1/booking/{announced.body['id']}",
                    anna,
                    {"message": "Kanarienvogel"},
                    traceparent=client_of(TRACE),
                )
                assert booked.status == 201, booked.body
                await eventually(
                    lambda: {one.name for one in spans_of(TRACE, read)} >= set(EVERYTHING)
                )
        spans, everything = spans_of(TRACE, read), read()
    caused = {one.name: parent_of(one, spans) for one in spans if one.name in EVERYTHING}
    assert caused == EVERYTHING
    (request,) = [one for one in spans if one.name == REQUEST]
    assert told_by(request)["enduser.pseudo.id"] == PSEUDONYMS.replace(anna_id)
    (command,) = [one for one in spans if one.name == "command"]
    assert told_by(command) == {
        "practix.command": "booking.request",
        "practix.code": "booking_requested",
        "practix.refused": False,
        "practix.replayed": False,
        "practix.position": booked.position,
    }
    (asked,) = [one for one in spans if one.name == "GET auth" and one.parent]
    assert parent_of(asked, spans) == REQUEST
    linked = {
        one.name: [f"{link.context.trace_id:032x}" for link in one.links]
        for one in spans
        if one.name.startswith("write ")
    }
    assert set(map(tuple, linked.values())) == {(TRACE,)}
    told = [one.to_json() for one in everything]
    assert len(told) > len(EVERYTHING)
    assert list(find_leaks(told)) == []
    assert [one for one in told if anna_id in one or announced.body["id"] in one] == []


async def test_a_command_that_is_handed_over_stays_in_its_trace(tmp_path: Path) -> None:
    with collect_spans() as read:
        async with command_cell(tmp_path) as cell, aiohttp.ClientSession() as session:
            host, host_id = await cell.person("host")
            created = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
            peers = HttpPeers(session, CELL_SECRET, [cell.url])
            found = cancel(created.body["id"], host_id, client_of(TRACE))
            answer = await peers.forward(cell.url, found, 30.0)
            try:
                await peers.forward(cell.url, cancel(new_id(), host_id, client_of(OTHER)), 30.0)
            except NotFound as error:
                refusal = error
            commit = (await cell.commits())[-1]
        spans, refused = spans_of(TRACE, read), spans_of(OTHER, read)
        batches = [one for one in read() if "batch" in one.name]
    caused = {one.name: parent_of(one, spans) for one in spans}
    assert caused == {"hand over": PARENT, "append to journal": "hand over"}
    (handed_over,) = [one for one in spans if one.name == "hand over"]
    assert told_by(handed_over)["practix.code"] == answer.outcome.code
    assert request_id_of(commit.command.traceparent) == TRACE
    assert is_sampled(commit.command.traceparent)
    assert [(one.name, told_by(one)["practix.code"]) for one in refused] == [
        ("hand over", refusal.code)
    ]
    assert batches == [], "a batch has many traces, and is of none"


def cancel(announcement_id: str, actor: str, traceparent: str) -> Submission:
    return Submission(
        id=new_id(),
        actor=PersonId(actor),
        idempotency_key=new_id(),
        fingerprint="1",
        command=CancelAnnouncement(announcement_id=AnnouncementId(announcement_id)),
        traceparent=traceparent,
    )


async def test_a_block_leads_to_no_span(tmp_path: Path, postgres_dsn: str) -> None:
    """Nor do the answers that it gives."""
    with collect_spans() as read:
        async with (
            command_cell(tmp_path, postgres_dsn=postgres_dsn, history=True) as cell,
            notifying(cell, postgres_dsn),
        ):
            host, _ = await cell.person("host")
            anna, anna_id = await cell.person("anna")
            announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
            await cell.do("POST", f"/booking/{announced.body['id']}", anna, {})
            blocked = await cell.send(
                "PUT", f"/api/v1/user/{anna_id}/block", host, traceparent=client_of(TRACE)
            )
            assert blocked.status == 200, blocked.body
            later = await cell.do("POST", f"/announcement/{cell.movie_id}", anna, evening())
            await eventually(lambda: find_stores(later.position, read) == STORES)
            commits = await cell.commits()
        assert [one for one in read() if TRACE in one.to_json()] == []
    of_block = [one.command for one in commits if one.command.kind == "person.block"]
    assert [request_id_of(one.traceparent) for one in of_block] == [TRACE]
    assert not any(is_sampled(one.traceparent) for one in of_block)
