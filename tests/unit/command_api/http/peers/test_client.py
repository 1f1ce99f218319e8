"""To whom a follower forwards a submission, and what it accepts as an answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.submission import Submission
from command_api.http.peers import client
from command_api.http.peers.client import HttpPeers
from command_api.http.peers.wire import (
    BATCH_PATH,
    COMMAND_PATH,
    SECRET_HEADER,
    RenewalQuestion,
    decode_question,
)
from command_api.leader.ports import Answer
from contracts.errors import NoLeader, NotFound, OutcomeUnknown
from contracts.values.ids import AnnouncementId, PersonId

SECRET = "the secret of the cell, of thirty-two bytes or more"
CANCELLED = {"outcome": {"code": "cancelled"}, "position": 7}


class Elsewhere:
    """A server that a Claim may name. It remembers the secrets that it was shown."""

    def __init__(self) -> None:
        self.shown: list[str | None] = []
        self.bodies: list[bytes] = []
        self.asked: list[str] = []
        """The paths of all requests."""
        self.answers: dict[str, Callable[[], web.Response]] = {}
        """How it answers, by path; with `*` for all others."""
        self.endless = False
        self.url = ""

    def take_no_batches(self) -> None:
        """Answer as a leader of an earlier build does."""
        self.answers[BATCH_PATH] = lambda: web.Response(status=404)
        self.answers[COMMAND_PATH] = lambda: web.json_response(CANCELLED)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.shown.append(request.headers.get(SECRET_HEADER))
        self.asked.append(request.path)
        self.bodies.append(await request.read())
        if not self.endless:
            answer = self.answers.get(request.path) or self.answers.get("*") or web.json_response
            return answer()
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[aiohttp.ClientSession]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.take)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            self.url = str(server.make_url("")).rstrip("/")
            yield session


async def forward(session: aiohttp.ClientSession, elsewhere: Elsewhere) -> Answer:
    """Forward a submission to a server that is in the settings."""
    peers = HttpPeers(session, SECRET, [elsewhere.url])
    return await peers.forward(elsewhere.url, submission(), 30.0)


async def test_the_secret_is_sent_to_no_address_that_only_a_claim_names() -> None:
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        ours = HttpPeers(session, SECRET, ["http://127.0.0.1:9", elsewhere.url + ".evil.example"])
        assert not ours.knows(elsewhere.url)
        with pytest.raises(NoLeader):
            await ours.forward(elsewhere.url, submission(), 5.0)
    assert elsewhere.shown == []


async def test_a_peer_in_the_settings_is_asked_with_or_without_a_slash_at_the_end() -> None:
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        with pytest.raises(OutcomeUnknown):  # It answers with something that is no answer.
            await HttpPeers(session, SECRET, [f"{elsewhere.url}/"]).forward(
                elsewhere.url, submission(), 30.0
            )
    assert elsewhere.shown == [SECRET]


async def test_a_redirect_by_a_peer_is_not_followed() -> None:
    elsewhere, evil = Elsewhere(), Elsewhere()
    async with elsewhere.open() as session, evil.open():
        elsewhere.answers["*"] = lambda: web.Response(status=307, headers={"Location": evil.url})
        with pytest.raises(OutcomeUnknown):
            await forward(session, elsewhere)
    assert evil.shown == []


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_BYTES_MAX", 100_000)
    elsewhere = Elsewhere()
    elsewhere.endless = True
    async with elsewhere.open() as session:
        with pytest.raises(OutcomeUnknown):
            await forward(session, elsewhere)


async def test_a_refusal_comes_back_with_the_facts_to_show() -> None:
    """The leader has added what is not recorded: titles."""
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        recorded = {"code": "overlap", "refused": True, "facts": {"conflicts": [{"role": "host"}]}}
        shown = {"conflicts": [{"role": "host", "title": "Mine"}]}
        answered = {"outcome": recorded, "position": 7, "body": shown}
        elsewhere.answers[BATCH_PATH] = lambda: web.json_response([answered])
        answer = await forward(session, elsewhere)
    assert (answer.outcome.refused, json.loads(answer.body)) == (True, shown)


def submission() -> Submission:
    command = CancelAnnouncement(announcement_id=AnnouncementId("1"))
    return Submission(
        id="1", actor=PersonId("1"), idempotency_key="1", fingerprint="1", command=command
    )


@pytest.mark.parametrize("status", [403, 404, 408, 415, 421, 422, 429, 431])
async def test_a_peer_that_refuses_a_request_has_decided_nothing(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        ours = HttpPeers(session, SECRET, [elsewhere.url])
        for _ in range(3):
            elsewhere.answers["*"] = lambda: web.Response(status=status)
            with pytest.raises(NoLeader):
                await ours.forward(elsewhere.url, submission(), 30.0)
    (line,) = caplog.records
    assert str(status) in line.getMessage()


async def test_a_peer_that_failed_may_have_decided() -> None:
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        elsewhere.answers["*"] = lambda: web.Response(status=500)
        with pytest.raises(OutcomeUnknown):
            await forward(session, elsewhere)


async def test_a_renewal_is_asked_of_the_leader_alone() -> None:
    elsewhere = Elsewhere()
    async with elsewhere.open() as session:
        progress = {"generation": 9, "phase": "done", "position": 8, "of": 8}
        answered = {**progress, "without_writes_s": 0.1, "problem": None}
        elsewhere.answers["*"] = lambda: web.json_response(answered)
        stranger = HttpPeers(session, SECRET, ["http://127.0.0.1:9"])
        with pytest.raises(NoLeader):
            await stranger.ask_renewal(elsewhere.url, begin=True)
        assert elsewhere.shown == []
        peer = HttpPeers(session, SECRET, [elsewhere.url])
        begun = await peer.ask_renewal(elsewhere.url, begin=True, by="anna")
        assert begun.generation == 9
    assert elsewhere.shown == [SECRET]
    assert decode_question(elsewhere.bodies[0]) == RenewalQuestion(begin=True, by="anna")


def test_a_peer_of_an_earlier_build_names_nobody_who_renews() -> None:
    assert decode_question(b'{"begin": true}') == RenewalQuestion(begin=True, by=None)


async def test_what_gathers_goes_with_one_request_and_each_command_gets_its_answer() -> None:
    elsewhere = Elsewhere()
    answered = [CANCELLED, {"error": "NotFound"}]
    elsewhere.answers[BATCH_PATH] = lambda: web.json_response(answered)
    async with elsewhere.open() as session:
        peers = HttpPeers(session, SECRET, [elsewhere.url])
        both = (peers.forward(elsewhere.url, submission(), 30.0) for _ in range(2))
        found, missing = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(found, Answer)
    assert found.position == 7
    assert isinstance(missing, NotFound)
    assert elsewhere.asked == [BATCH_PATH]


async def test_a_leader_of_an_earlier_build_gets_single_commands() -> None:
    elsewhere = Elsewhere()
    elsewhere.take_no_batches()
    async with elsewhere.open() as session:
        peers = HttpPeers(session, SECRET, [elsewhere.url])
        for _ in range(2):
            assert (await peers.forward(elsewhere.url, submission(), 30.0)).position == 7
    assert elsewhere.asked == [BATCH_PATH, COMMAND_PATH, COMMAND_PATH]


async def test_a_replaced_leader_is_asked_again_whether_it_takes_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "ASK_AGAIN_S", 0.0)
    elsewhere = Elsewhere()
    elsewhere.take_no_batches()
    async with elsewhere.open() as session:
        peers = HttpPeers(session, SECRET, [elsewhere.url])
        await peers.forward(elsewhere.url, submission(), 30.0)
        elsewhere.answers[BATCH_PATH] = lambda: web.json_response([CANCELLED])
        await peers.forward(elsewhere.url, submission(), 30.0)
    assert elsewhere.asked == [BATCH_PATH, COMMAND_PATH, BATCH_PATH]
