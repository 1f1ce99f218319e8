"""`practix dead` against a served projector."""

from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import asyncpg
import msgspec
import pytest
from fastapi import FastAPI

from contracts.events.announcement import AnnouncementPublished
from contracts.values.ids import AnnouncementId
from launcher.verbs.operators.dead import register
from launcher.verbs.operators.link import OperatorLink
from projector.http import build_router
from projector.read_models.postgres.sink import PostgresSink
from projector.service import ProjectorService
from runtime.auth.operators import OperatorGuard
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import commit_stored, follow
from tests.histories.random_people import RandomPeople
from tests.integration.launcher.invoking import SECRET, Practix, build_practix
from tests.integration.projector.dead_letters.older_build import older_build
from tests.older_build import teleported
from tests.servers.http_server import served
from tests.waiting import eventually

URL = "/api/v1/operator/dead-letters"


class Parked:
    """A projector with two evenings that stand still, of which this build can go on with one."""

    def __init__(self, url: str, unknown: AnnouncementId, known: AnnouncementId, seq: int) -> None:
        self.url = url
        self.unknown = unknown
        self.known = known
        self.seq = seq

    @property
    def dead(self) -> Practix:
        practix = build_practix(register, self.url, {"COLUMNS": "200"}, OperatorLink)
        return partial(practix, "dead")


@pytest.fixture
async def parked(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> AsyncIterator[Parked]:
    people = RandomPeople(7).live(40)
    chain = people.chain
    unknown, known = list(people.layer.announcements.own)[:2]
    commit_stored(chain, teleported(unknown))
    for announcement_id in (unknown, known, known):
        chain.commit(AnnouncementPublished(announcement_id=announcement_id, version=77))
    await chain.write_to(sqlite_journal)
    with older_build(lambda fields: fields.get("version") == 77):
        await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    service = ProjectorService(sqlite_journal, tables, dsn=postgres_dsn)
    await service.start()
    await eventually(lambda: service.ready and service.position == chain.seq)
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(service, OperatorGuard(SECRET)))
    async with served(app) as url:
        yield Parked(url, unknown, known, chain.seq)
    await service.stop()


async def test_what_is_parked_is_listed_counted_retried_and_dropped(parked: Parked) -> None:
    listed = (await parked.dead("list")).stdout
    assert all(one in listed for one in (parked.unknown, parked.known, "teleported"))
    shown = await parked.dead("list", "--json")
    dead, alive = msgspec.json.decode(shown.stdout)["dead_letters"]
    assert (dead["key"], dead["position"], dead["parked"]) == (parked.unknown, parked.seq - 3, 2)
    assert (alive["key"], alive["parked"]) == (parked.known, 2)
    assert "announcement.published.v1" in (await parked.dead("show", dead["id"])).stdout

    counted = await parked.dead("retry", "--dry-run")
    assert counted.exit_code == 1
    assert "2 would be projected" in counted.stdout
    one = await parked.dead("retry", alive["id"])
    assert (one.exit_code, "2 of 2 projected" in one.stdout) == (0, True), one.output

    tried = await parked.dead("drop", dead["id"], "--dry-run")
    assert "would drop" in tried.stdout
    dropped = await parked.dead("drop", dead["id"], "--by", "Olga")
    assert "1 behind it" in dropped.stdout, dropped.output
    result = await parked.dead("retry", "--json")
    assert msgspec.json.decode(result.stdout.splitlines()[-1])["ok"]
    assert (await parked.dead("list")).stdout == "nothing is parked\n"
    gone = await parked.dead("show", dead["id"])
    assert (gone.exit_code, gone.output) == (1, gone.output)
    assert "404" in gone.output


async def test_requests_are_checked_and_for_operators_only(parked: Parked) -> None:
    operator = {"Authorization": f"Bearer {SECRET}"}
    async with aiohttp.ClientSession(parked.url) as session:

        async def ask(method: str, path: str, **more: object) -> tuple[int, str | None]:
            async with session.request(method, URL + path, **more) as response:  # type: ignore[arg-type]
                answer = msgspec.json.decode(await response.read())
                return response.status, answer["code"] if isinstance(answer, dict) else None

        for method, path in (
            ("GET", ""),
            ("GET", "/1-0"),
            ("POST", "/retry"),
            ("POST", "/1-0/retry"),
            ("DELETE", "/1-0"),
        ):
            assert await ask(method, path) == (401, "unauthenticated")
        for method, path, status, code in (
            ("GET", "?cursor=x", 422, "malformed_cursor"),
            ("GET", "?limit=0", 422, "malformed_query"),
            ("GET", f"?min_position={parked.seq + 1}", 504, "projection_behind"),
            ("GET", "/1-0", 404, "not_found"),
            ("GET", "/01-0", 404, "not_found"),
            ("POST", "/x/retry", 404, "not_found"),
            ("POST", "/1-0/retry", 404, "not_found"),
            ("POST", "/retry?dryrun=true", 422, "malformed_query"),
            ("DELETE", f"/{parked.seq}-0", 409, "earlier_event_parked"),
        ):
            assert await ask(method, path, headers=operator) == (status, code), path
        body = {"headers": operator, "json": {"by": ""}}
        assert await ask("DELETE", f"/{parked.seq}-0", **body) == (422, "malformed_body")

        async with session.get(f"{URL}?limit=1", headers=operator) as first:
            (dead,) = await first.json()
            cursor = first.headers["X-Next-Cursor"]
        async with session.get(f"{URL}?limit=1&cursor={cursor}", headers=operator) as second:
            (other,) = await second.json()
            assert "X-Next-Cursor" not in second.headers
        assert (dead["key"], other["key"]) == (parked.unknown, parked.known)
